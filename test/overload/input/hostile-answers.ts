/** What the worst answers of a practice system cost the gateway: memory, and time in which it answers nobody. */
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { Pool } from 'undici';
import type { MeasuredServer } from '../../../bench/measured-process.js';
import { startBeside, startGateway } from '../processes/children.js';
import { fileOf } from '../processes/practices-file.js';
import { ANSWERS, RIGHT_ANSWER } from './answers.js';
import { inputCases } from './cases.js';
import { send } from './send.js';

const MIB = 1024 * 1024;
const MOST_BYTES = 32 * MIB;
/** The first meets code that has not run yet, and a heap that has not grown yet. */
const ROUNDS = 3;

interface Cost {
  readonly status: number;
  /** Above what the process had just before. */
  readonly bytes: number;
  readonly blockedMs: number;
}

async function measure(gateway: MeasuredServer, ask: () => Promise<number>): Promise<Cost> {
  const before = (await gateway.ask('memory'))['bytes'] ?? 0;
  await gateway.ask('watch');
  const status = await ask();
  const { longestMs = Infinity } = await gateway.ask('report');
  const { bytes = Infinity } = await gateway.ask('peak');
  return { status, bytes: bytes - before, blockedMs: longestMs };
}

/** Whether no answer costs more than 32 MiB. */
export async function measureAnswers(
  folder: string,
  isAsked: (name: string) => boolean,
  write: (line: string) => void,
): Promise<boolean> {
  const names = [...ANSWERS.keys()].filter(isAsked);
  const search = inputCases().find(({ name }) => name === 'a thousand slots');
  if (search === undefined || names.length === 0) return true;
  const practice = await startBeside(folder, 'hostile');
  const port = Number(new URL(practice.url).port);
  const costsOf = async (name: string): Promise<readonly Cost[]> => {
    await practice.ask(name);
    const file = fileOf([port], join(mkdtempSync(join(folder, 'ledger-')), 'ledger.sqlite'));
    // A new one for each: what another answer has made the heap grow by would hide what this one needs.
    const gateway = await startGateway(folder, file, { pinned: false, node: ['--expose-gc'] });
    const pool = new Pool(gateway.url, { connections: 1 });
    try {
      const costs: Cost[] = [];
      for (let round = 0; round < ROUNDS; round += 1)
        costs.push(await measure(gateway, () => send(pool, gateway.url, search)));
      return costs;
    } finally {
      await pool.destroy();
      await gateway.stop();
    }
  };
  let missed = 0;
  try {
    for (const name of names) {
      const costs = await costsOf(name);
      const most = Math.max(...costs.map(({ bytes }) => bytes));
      const blocked = Math.max(...costs.map(({ blockedMs }) => blockedMs));
      const statuses = [...new Set(costs.map(({ status }) => status))].join(' ');
      const isMissed = most > MOST_BYTES && name !== RIGHT_ANSWER;
      if (isMissed) missed += 1;
      const figures = `${(most / MIB).toFixed(1).padStart(7)} MiB ${blocked.toFixed(1).padStart(7)} ms`;
      write(`${isMissed ? 'MISS' : 'ok  '} ${figures}  ${statuses}  ${name}`);
    }
  } finally {
    await practice.stop();
  }
  write(`${names.length} answers, a hostile one at most ${MOST_BYTES / MIB} MiB, ${missed} missed`);
  return missed === 0;
}
