/** A corpus that is worth keeping: few and small inputs that reach together what all of them reached. */
import type { Target } from '../targets/target.js';
import { createKnown, type Coverage, type Known, type Reach } from './coverage.js';
import { brokenBy } from './engine.js';

export const CORPUS_LIMITS = { files: 30, bytes: 2 * 1024 } as const;
const TRIES = 60;

/** Of `inputs`, those that add most to what the target's seeds reach, each made smaller while it still adds as much. */
export async function minimise(target: Target, coverage: Coverage, inputs: readonly Buffer[]): Promise<Buffer[]> {
  const reachOf = async (input: Buffer): Promise<Reach> => {
    coverage.take();
    await brokenBy(target, input);
    return coverage.take();
  };
  const known = createKnown();
  // Twice: what is remembered from the first time is not reached again.
  for (const input of [...target.seeds, ...target.seeds]) known.learn(await reachOf(input));
  const candidates: { readonly input: Buffer; readonly reach: Reach }[] = [];
  for (const input of inputs) candidates.push({ input, reach: await reachOf(input) });

  const chosen: Buffer[] = [];
  while (chosen.length < CORPUS_LIMITS.files) {
    const gains = candidates.map(({ reach }) => known.gain(reach));
    const most = Math.max(0, ...gains);
    if (most === 0) break;
    const best = candidates[gains.indexOf(most)];
    if (!best) break;
    const small = await smaller(best.input, most, known);
    // What is too large is left behind; others may reach the same.
    candidates.splice(candidates.indexOf(best), 1);
    if (small.length > CORPUS_LIMITS.bytes) continue;
    chosen.push(small);
    known.learn(best.reach);
  }
  return chosen;

  async function smaller(input: Buffer, gain: number, before: Known): Promise<Buffer> {
    let best = input;
    let tries = TRIES;
    for (let size = input.length >> 1; size > 0 && tries > 0; size >>= 1) {
      for (let at = 0; at < best.length && tries > 0; tries -= 1) {
        const less = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
        if (before.gain(await reachOf(less)) >= gain) best = less;
        else at += size;
      }
    }
    return best;
  }
}
