/** `slotbridge serve`: the gateway until it is told to stop. */
import { ConfigurationError, formatProblems, loadConfiguration } from '../config.js';
import { registry } from '../connectors/registry.js';
import { startGateway } from '../main.js';
import { isGatewayError } from '../domain/errors.js';
import { createLog, createSystemRuntime } from '../system.js';
import { untilStopped } from './stopping.js';

export async function runServe(options: {
  readonly config: string;
  readonly port: number;
  readonly host: string;
}): Promise<void> {
  if (/(^|[\s,])(\*|fhir-kit-client)/.test(process.env['DEBUG'] ?? '')) {
    process.stderr.write('slotbridge: unset DEBUG: it would print NHS numbers and access tokens\n');
    process.exitCode = 2;
    return;
  }
  let configuration;
  try {
    configuration = loadConfiguration(options.config, process.env, registry);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${formatProblems(error.problems)}\nslotbridge: the gateway was not started\n`);
    process.exitCode = 2;
    return;
  }
  for (const warning of configuration.warnings) process.stderr.write(`warning: ${formatProblems([warning])}\n`);
  const log = createLog(undefined, configuration.secrets);
  // The process's durable state is in the ledger: ending at once is the safest repair for what nobody foresaw.
  const die = (event: string) => (): never => {
    log.error(event);
    process.exit(1);
  };
  process.on('uncaughtException', die('uncaught-exception'));
  process.on('unhandledRejection', die('unhandled-rejection'));
  // Told while it starts, it stops in order when it has started.
  const told = untilStopped();
  try {
    const gateway = await startGateway({ configuration, runtime: createSystemRuntime(), log, ...options });
    // Certificates are read again within seconds of a change anyway; this is for those who would rather say so.
    process.on('SIGHUP', () => gateway.reloadTls());
    // Whoever sits at the terminal has no load balancer that must notice first.
    await gateway.stop((await told) === 'SIGTERM' ? configuration.limits.stopDelayMs : 0);
  } catch (error) {
    // What may go wrong at start (port in use, ledger locked or damaged) is told in one line.
    if (isGatewayError(error) || (error as NodeJS.ErrnoException).code !== undefined) {
      process.stderr.write(`slotbridge: ${(error as Error).message}\n`);
      process.exitCode = 2;
      return;
    }
    throw error;
  }
}
