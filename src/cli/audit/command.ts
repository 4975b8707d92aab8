/** `slotbridge audit`: whether the audit trail is what it was. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import type { Finding } from '../../records/audit/verify.js';
import type { SignedHead } from '../../records/audit/heads.js';

interface VerifyOptions {
  readonly config: string;
  readonly heads?: readonly string[];
}

/** Exit codes: 0 whole; 1 it is not; 2 it could not be read. */
export function addAudit(program: Command): void {
  program
    .command('audit')
    .description('look after the audit trail')
    .command('verify')
    .description('recompute the chain, and hold it against heads that the log has kept')
    .requiredOption('--config <file>', 'practices file (YAML or JSON), for the ledger and its key')
    .option(
      '--heads <file...>',
      'logs of the gateway, or - for standard input; lines that are no heads are passed over',
    )
    .action(verify);
}

async function verify({ config, heads: files = [] }: VerifyOptions): Promise<void> {
  const [{ ConfigurationError, formatProblems, loadConfiguration }, { registry }, { verifyTrail }] = await Promise.all([
    import('../../config.js'),
    import('../../connectors/registry.js'),
    import('../../records/audit/verify.js'),
  ]);
  let ledger;
  try {
    ({ ledger } = loadConfiguration(config, process.env, registry));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    process.stderr.write(`${formatProblems(error.problems)}\n`);
    process.exitCode = 2;
    return;
  }
  const heads: SignedHead[] = [];
  for (const file of files) {
    const found = await readHeads(file);
    if (found.length === 0) throw new Error(`${file} holds no head: the log has one a minute, event audit-head`);
    heads.push(...found);
  }
  const { rows, agreed, findings } = await verifyTrail(ledger, heads).catch((error: unknown) => {
    // The address of a database may hold a password.
    const { code = 'unreadable' } = error as NodeJS.ErrnoException;
    throw new Error(`the audit trail cannot be read (${code})`, { cause: error });
  });
  const lines = findings.map(toText);
  if (findings.length === 0) lines.push(`the audit trail is whole: ${rows} rows, ${agreed} heads agree`);
  if (files.length === 0) lines.push('without --heads, rows that were taken off the end do not show');
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
  if (findings.length > 0) process.exitCode = 1;
}

function toText({ kind, seq }: Finding): string {
  switch (kind) {
    case 'broken':
      return `row ${seq} does not fit: it or one before it was changed, moved, taken out or put in`;
    case 'other-row':
      return `row ${seq} is not the one that was there when its head was written`;
    case 'missing':
      return `row ${seq} is missing: a head was written of it, and rows were taken off the end since`;
    case 'forged-head':
      return `the head of row ${seq} was not signed with the key of this ledger`;
  }
}

async function readHeads(file: string): Promise<readonly SignedHead[]> {
  const input = file === '-' ? process.stdin : createReadStream(file);
  const heads: SignedHead[] = [];
  // What a collector has put before a line is no part of it.
  for await (const line of createInterface({ input })) {
    if (!line.includes('"audit-head"')) continue;
    const head = parseHead(line.slice(line.indexOf('{')));
    if (head) heads.push(head);
  }
  return heads;
}

function parseHead(text: string): SignedHead | undefined {
  let entry: Partial<Record<'seq' | 'hash' | 'signature', unknown>>;
  try {
    entry = JSON.parse(text) as typeof entry;
  } catch {
    return undefined;
  }
  const { seq, hash, signature } = entry;
  if (!Number.isSafeInteger(seq) || typeof hash !== 'string' || typeof signature !== 'string') return undefined;
  return { seq: seq as number, hash, signature };
}
