/** `slotbridge attempts`: what a running gateway waits for a person with, and the person's answers. */
import { CommanderError, type Command } from 'commander';
import { ANSWERS, TASK_LISTS } from '../../core/operator/answers.js';
import type { Answered, Connection } from './client.js';

interface Common extends Connection {
  readonly format: string;
}

interface ListOptions extends Common {
  readonly list?: string;
  readonly practice?: string;
  readonly olderThan?: number;
}

interface ResolveOptions extends Common {
  readonly reference?: readonly string[];
  readonly reason: string;
  readonly unchecked: boolean;
}

const KINDS = Object.values(ANSWERS).flat();

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

function seconds(text: string): number {
  const unit = UNITS[text.slice(-1)];
  const number = text.slice(0, -1);
  if (unit !== undefined && /^[0-9]{1,6}$/.test(number)) return Number(number) * unit;
  throw new CommanderError(2, 'slotbridge.age', `error: '${text}' is no length of time: write 90s, 10m or 2h`);
}

/** Exit codes: 0 done; 1 there is no such attempt, or the answer is refused; 2 could not ask. */
export function addAttempts(program: Command): void {
  const attempts = program.command('attempts').description('look after bookings that wait for a person');
  const common = (command: Command): Command =>
    command
      .option('--url <address>', "the gateway's operator port", 'http://127.0.0.1:8081')
      .option('--token-file <file>', 'file with your token; else SLOTBRIDGE_OPERATOR_TOKEN holds it')
      .option('--ca <file>', 'who issued the certificate of the port, PEM')
      .option('--cert <file>', 'your certificate, PEM, where the port has mutual TLS')
      .option('--key <file>', 'its key, PEM')
      .option('--format <format>', 'text or json', 'text');

  common(
    attempts.command('list').description('open, needs-human, unclaimed and perhaps duplicate attempts, oldest first'),
  )
    .option('--list <names>', `some of ${TASK_LISTS.join(', ')}, with commas between them`)
    .option('--practice <ods>', 'of this practice only')
    .option('--older-than <time>', 'older than 90s, 10m, 2h', seconds)
    .action(async (options: ListOptions) => {
      const { list, practice, olderThan } = options;
      const query = new URLSearchParams({
        ...(list !== undefined && { list }),
        ...(practice !== undefined && { practice }),
        ...(olderThan !== undefined && { olderThanSeconds: String(olderThan) }),
      });
      const answered = await ask(options, `/attempts?${query.toString()}`);
      const { toTable } = await import('./print.js');
      report(options, answered, (body) => toTable((body as { attempts: Parameters<typeof toTable>[0] }).attempts));
    });

  common(attempts.command('show').description('one attempt: where it stands, what to do, what may be answered'))
    .argument('<attempt>', 'id of the attempt')
    .action(async (id: string, options: Common) => {
      const answered = await ask(options, `/attempts/${encodeURIComponent(id)}`);
      const { toSheet } = await import('./print.js');
      report(options, answered, (body) => toSheet(body as object));
    });

  common(attempts.command('resolve').description('say what you have found; it is checked, audited and final'))
    .argument('<attempt>', 'id of the attempt')
    .argument('<answer>', `one of ${KINDS.join(', ')}`)
    .option('--reference <ref...>', "with booked: the practice system's own reference of each booking")
    .requiredOption('--reason <sentence>', 'how you know; name no patient')
    .option('--unchecked', 'although the practice system cannot be asked at the moment', false)
    .action(async (id: string, answer: string, options: ResolveOptions) => {
      const { reference: references = [], reason, unchecked } = options;
      const path = `/attempts/${encodeURIComponent(id)}/answer`;
      const answered = await ask(options, path, { answer, references, reason, unchecked });
      report(options, answered, (body) => `${id} is now ${(body as { state: string }).state}\n`);
    });
}

async function ask(options: Common, path: string, send?: object): Promise<Answered> {
  const { format } = options;
  if (format !== 'text' && format !== 'json') throw new Error(`'${format}' is no format: use text or json`);
  const { askGateway } = await import('./client.js');
  return askGateway(options, process.env, path, send);
}

function report({ format }: Common, { status, body }: Answered, toText: (body: unknown) => string): void {
  if (status === 200) {
    process.stdout.write(format === 'json' ? `${JSON.stringify(body)}\n` : toText(body));
    return;
  }
  const { detail = `the gateway answered ${status}` } = body as { readonly detail?: string };
  process.stderr.write(`slotbridge: ${detail}\n`);
  process.exitCode = status === 404 || status === 409 ? 1 : 2;
}
