/** A ledger in a process of its own, whose files may be kept from growing; does what it is told, one word a line. */
import { createInterface } from 'node:readline';
import { openRecords } from '../../../src/records/open-records.js';
import { createSystemRuntime } from '../../../src/system.js';
import { claim, move, newAttempt, PRACTICE } from '../samples.js';
import { KEY } from '../sqlite-files.js';

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const note =
  (level: string) =>
  (event: string, fields: object = {}): void =>
    say({ level, event, ...fields });

const log = { info: note('info'), warn: note('warn'), error: note('error') };
const { ledger, condition } = await openRecords({ file: process.argv[2] ?? '', key: KEY }, createSystemRuntime(), log);
const first = await claim(ledger, newAttempt(1));
let last = await move(ledger, first.attempt, 'CONFIRMING');
let next = 2;

const work: Record<string, () => Promise<string>> = {
  async claim() {
    next += 1;
    return (await claim(ledger, newAttempt(next))).kind;
  },
  async finish() {
    last = await move(ledger, last, 'BOOKED');
    return last.state;
  },
  async probe() {
    await ledger.probe();
    return 'committed';
  },
  async read() {
    return (await ledger.readAttempt(PRACTICE, last.id))?.state ?? 'none';
  },
};
const refused = (error: unknown): string => (error as { code?: string }).code ?? 'unknown';

say({ level: 'info', event: 'open' });
for await (const line of createInterface({ input: process.stdin })) {
  const answer = await work[line]?.().catch(refused);
  say({ answer, hindrance: condition().hindrance ?? null });
}
process.exit(0);
