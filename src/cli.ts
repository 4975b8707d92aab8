#!/usr/bin/env node
/**
 * The command line. Exit codes: 0 done, 1 the answer is no, 2 could not run.
 *
 * Each command is loaded when it is called: validating a file must not wait for a gateway to be read in.
 */
import { Command, CommanderError } from 'commander';
import { addAttempts } from './cli/attempts/command.js';
import { addAudit } from './cli/audit/command.js';
import { SYSTEMS } from './cli/systems.js';
import { addValidate } from './cli/validate/command.js';

function port(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 0 || number > 65535) {
    throw new CommanderError(2, 'slotbridge.port', `error: '${text}' is no port: use a whole number from 0 to 65535`);
  }
  return number;
}

const program = new Command('slotbridge')
  .description('A FHIR appointment gateway: GP Connect in front, practice systems behind, every booking exactly once.')
  .exitOverride()
  .showHelpAfterError('(see slotbridge --help)');

program
  .command('demo')
  .description('three simulated practices, a gateway, and three consumer sessions acted before your eyes')
  .option('--port <number>', 'port of the gateway', port, 8080)
  .option('--once', 'stop after the sessions; exit 0 only if every step succeeded', false)
  .action(async (options: { port: number; once: boolean }) => (await import('./cli/demo.js')).runDemo(options));

program
  .command('serve')
  .description('the gateway')
  .requiredOption('--config <file>', 'practices file (YAML or JSON)')
  .option('--port <number>', 'port to listen on', port, 8080)
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .action(async (options: { config: string; port: number; host: string }) =>
    (await import('./cli/serve.js')).runServe(options),
  );

program
  .command('simulate')
  .description('a practice system or register as a real server, with scripted faults')
  .argument('<system>', `one of ${SYSTEMS.join(', ')}`)
  .requiredOption('--data <file>', 'data file (YAML or JSON)')
  .option('--port <number>', 'port to listen on; 0 takes a free one', port, 0)
  .action(async (system: string, options: { data: string; port: number }) =>
    (await import('./cli/simulate.js')).runSimulate(system, options),
  );

program
  .command('config')
  .description('look after the practices file')
  .command('check')
  .description('tell every problem of a practices file at once')
  .argument('<file>', 'practices file (YAML or JSON)')
  .option('--format <format>', 'text or json', 'text')
  .action(async (file: string, options: { format: string }) =>
    (await import('./cli/config-check.js')).checkConfiguration(file, options),
  );

addAttempts(program);
addAudit(program);
addValidate(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // Help and version end well; everything else that commander complains of could not run.
    if (error.exitCode !== 0 && error.code.startsWith('slotbridge.')) process.stderr.write(`${error.message}\n`);
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`slotbridge: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
