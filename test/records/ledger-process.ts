/**
 * A process that owns a ledger until it is killed: `ledger-process.ts FILE`. It books one appointment after the other
 * and writes a line for each commit it was told about; the first line says that the file is open.
 */
import { writeSync } from 'node:fs';
import { claimNew, move, newAttempt } from './samples.js';
import { openFile } from './sqlite-files.js';

const file = process.argv[2];
if (file === undefined) throw new Error('which file?');
const { ledger } = await openFile(file);
const say = (line: string): void => void writeSync(1, `${line}\n`);
say('open');
for (let n = 0; ; n += 1) {
  const received = await claimNew(ledger, newAttempt(n));
  say(`${received.id} ${received.state} ${received.version}`);
  const sending = await move(ledger, received, 'CONFIRMING');
  say(`${sending.id} ${sending.state} ${sending.version}`);
  const booked = await move(ledger, sending, 'BOOKED');
  say(`${booked.id} ${booked.state} ${booked.version}`);
}
