/** The saga in virtual time: as many histories as fit, and every named mutant found out. */
import { describe, expect, it } from 'vitest';
import { checkHistory } from './checker.js';
import { MUTANTS } from './mutants.js';
import { drawPlan } from './plan.js';
import { runPlan } from './run.js';
import { describeFound, search, shrink } from './search.js';

/** Other seeds on other days, the same for everybody on one day of releases; `npm run test:simulation` for more. */
const SEED = process.env['SLOTBRIDGE_SIMULATION_SEED'] ?? 'ci';
const HISTORIES = 600;
/** In how many histories a mutant has to show. */
const PATIENCE = 400;

describe('simulated histories', () => {
  it(`keep every promise: ${HISTORIES} of seed ${SEED}`, { timeout: 120_000 }, async () => {
    const { tried, found } = await search({ base: SEED, histories: HISTORIES });
    expect(found && describeFound(await shrink(found), found.plan)).toBeUndefined();
    expect(tried).toBe(HISTORIES);
  });

  it('are the same for the same seed', { timeout: 60_000 }, async () => {
    const plan = drawPlan('twice-3');
    expect(await runPlan(plan)).toEqual(await runPlan(drawPlan('twice-3')));
  });

  it('book, cancel, amend, kill and repeat: they are worth checking', { timeout: 60_000 }, async () => {
    const ends = ['replayed', 'ok', 'fail', 'info', 'gone', 'kill', 'gateway book', 'gateway cancel', 'staff book'];
    const states = ['CONFIRM_OPEN', 'CANCEL_OPEN', 'NOT_BOOKED', 'REJECTED', 'UNDOING', 'BOOKED', 'CANCELLED'];
    const missing = new Set([...ends, ...states]);
    for (let n = 1; n <= 400 && missing.size > 0; n += 1) {
      const { events } = await runPlan(drawPlan(`worth-${n}`));
      for (const event of events) {
        if (event.type === 'return') missing.delete(event.replayed === true ? 'replayed' : event.result);
        else if (event.type === 'effect') missing.delete(`${event.by} ${event.write}`);
        else missing.delete(event.type === 'change' ? event.state : event.type);
      }
    }
    expect([...missing]).toEqual([]);
  });
});

describe('a mutant is found out', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s',
    { timeout: 60_000 },
    async (_name, { mutation, fits }) => {
      const { found } = await search({ base: 'mutant', histories: PATIENCE, mutation, fits: (plan) => fits(plan) });
      expect(found?.violations.length).toBeGreaterThan(0);
    },
  );

  it('and what was found is made small: every step that is left is needed', { timeout: 60_000 }, async () => {
    const mutant = MUTANTS.find(({ name }) => name === 'positive proof ignored');
    const { found } = await search({ base: 'small', histories: PATIENCE, ...mutant });
    if (!mutant || !found) throw new Error('nothing found');
    const small = await shrink(found, mutant.mutation);
    expect(small.plan.steps.length).toBeLessThan(found.plan.steps.length);
    for (const left of small.plan.steps) {
      const plan = { ...small.plan, steps: small.plan.steps.filter((step) => step !== left) };
      const rules = checkHistory(await runPlan(plan, mutant.mutation)).map(({ rule }) => rule);
      expect(rules.some((rule) => found.violations.some((violation) => violation.rule === rule))).toBe(false);
    }
    expect(describeFound(small, found.plan)).toContain(`--replay ${found.plan.seed}`);
  });
});
