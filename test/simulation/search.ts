/** Looks for a history that breaks a promise, and makes what it found as small as it gets. */
import { checkHistory, type Violation } from './checker.js';
import { drawPlan, type Plan, type Step } from './plan.js';
import { runPlan, type Mutation } from './run.js';

export interface Found {
  readonly plan: Plan;
  readonly violations: readonly Violation[];
}

export const seedOf = (base: string, n: number): string => `${base}-${n}`;

export async function tryPlan(plan: Plan, mutation?: Mutation): Promise<readonly Violation[]> {
  return checkHistory(await runPlan(plan, mutation));
}

export interface Search {
  readonly base: string;
  readonly histories: number;
  readonly mutation?: Mutation;
  readonly fits?: (plan: Plan) => boolean;
  /** Asked before each history. */
  readonly goesOn?: (tried: number) => boolean;
}

/** The first plan that breaks a promise, and how many histories were played. */
export async function search({
  base,
  histories,
  mutation,
  fits,
  goesOn,
}: Search): Promise<{ tried: number; found?: Found }> {
  let tried = 0;
  for (let n = 1; tried < histories && (goesOn?.(tried) ?? true); n += 1) {
    const plan = drawPlan(seedOf(base, n));
    if (fits && !fits(plan)) continue;
    tried += 1;
    const violations = await tryPlan(plan, mutation);
    if (violations.length > 0) return { tried, found: { plan, violations } };
    // Other work of this process has its turn.
    if (tried % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return { tried };
}

/** Leaves out steps, and then troubles, as long as the same rule is still broken. */
export async function shrink({ plan, violations }: Found, mutation?: Mutation): Promise<Found> {
  const rules = new Set(violations.map(({ rule }) => rule));
  let best: Found = { plan, violations };
  const smaller = async (candidate: Plan): Promise<boolean> => {
    const broken = await tryPlan(candidate, mutation);
    if (!broken.some(({ rule }) => rules.has(rule))) return false;
    best = { plan: candidate, violations: broken };
    return true;
  };
  for (let size = Math.ceil(plan.steps.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < best.plan.steps.length;) {
      const steps = [...best.plan.steps.slice(0, from), ...best.plan.steps.slice(from + size)];
      if (!(await smaller({ ...best.plan, steps }))) from += size;
    }
  }
  for (const [index, step] of best.plan.steps.entries()) {
    const steps: Step[] = [...best.plan.steps];
    if (step.kind !== 'book') continue;
    steps[index] = { ...step, repeats: 0 };
    await smaller({ ...best.plan, steps });
  }
  for (const calm of [{ ledgerTrouble: 0 }, { trouble: 0 }, { lagMs: 0 }]) await smaller({ ...best.plan, ...calm });
  return best;
}

/** What a person needs to see of it. */
export function describeFound({ plan, violations }: Found, original: Plan): string {
  const { steps, ...circumstances } = plan;
  return [
    ...violations.map(({ rule, text }) => `${rule}: ${text}`),
    `repeat with: npm run test:simulation -- --replay ${original.seed}`,
    `smallest: ${JSON.stringify(circumstances)}`,
    ...steps.map((step) => `  ${JSON.stringify(step)}`),
  ].join('\n');
}
