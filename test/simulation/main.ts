/**
 * The long form of the simulation: `npm run test:simulation -- [--histories N] [--seed TEXT] [--mutant NAME]`, and
 * `--replay SEED` to see one history with everything that happens in it. Ends with 1 when a promise was broken.
 */
import { parseArgs } from 'node:util';
import { checkHistory } from './checker.js';
import { MUTANTS } from './mutants.js';
import { drawPlan } from './plan.js';
import { runPlan } from './run.js';
import { describeFound, search, shrink } from './search.js';

const { values } = parseArgs({
  options: {
    histories: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    replay: { type: 'string' },
    mutant: { type: 'string' },
  },
});

const mutant = MUTANTS.find(({ name }) => name === values.mutant);
if (values.mutant !== undefined && !mutant) {
  throw new Error(`no such mutant; there are: ${MUTANTS.map(({ name }) => name).join(', ')}`);
}
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function replay(seed: string): Promise<boolean> {
  const plan = drawPlan(seed);
  const history = await runPlan(plan, mutant?.mutation);
  for (const event of history.events) say(JSON.stringify(event));
  for (const row of history.rows) say(JSON.stringify(row));
  const violations = checkHistory(history);
  if (violations.length === 0) {
    say(`${seed}: no promise broken`);
    return true;
  }
  const found = { plan, violations };
  say(describeFound(await shrink(found, mutant?.mutation), plan));
  return false;
}

async function explore(base: string, histories: number): Promise<boolean> {
  say(`seed ${base}, ${histories} histories${mutant ? `, mutant "${mutant.name}"` : ''}`);
  const began = performance.now();
  const { tried, found } = await search({
    base,
    histories,
    ...(mutant && { mutation: mutant.mutation, fits: (plan) => mutant.fits(plan) }),
    goesOn(done) {
      if (done > 0 && done % 1000 === 0) say(`${done} …`);
      return true;
    },
  });
  const seconds = (performance.now() - began) / 1000;
  if (found) say(describeFound(await shrink(found, mutant?.mutation), found.plan));
  say(`${tried} histories, ${found ? 'the last one broken' : '0 violations'}, ${seconds.toFixed(0)} s`);
  return !found;
}

const kept =
  values.replay === undefined ? await explore(values.seed, Number(values.histories)) : await replay(values.replay);
process.exitCode = kept ? 0 : 1;
