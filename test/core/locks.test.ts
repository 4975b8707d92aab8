/** First come, first served, per key; whoever stops waiting never runs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createKeyedLocks } from '../../src/core/locks.js';

const never = new AbortController().signal;

interface Gate {
  readonly opened: Promise<void>;
  readonly open: () => void;
}

function gate(): Gate {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('keyed locks', () => {
  it('run work of one key one after the other, in the order of asking', async () => {
    const locks = createKeyedLocks();
    const gates = [gate(), gate(), gate()];
    const began: number[] = [];
    const runs = gates.map(({ opened }, index) =>
      locks.run('a', never, async () => {
        began.push(index);
        await opened;
        return index;
      }),
    );
    gates[2]?.open();
    await turn();
    expect(began).toEqual([0]);
    gates[0]?.open();
    await turn();
    expect(began).toEqual([0, 1]);
    gates[1]?.open();
    expect(await Promise.all(runs)).toEqual([{ value: 0 }, { value: 1 }, { value: 2 }]);
    expect(began).toEqual([0, 1, 2]);
  });

  it('do not make one key wait for another', async () => {
    const locks = createKeyedLocks();
    const { opened, open } = gate();
    const first = locks.run('a', never, () => opened);
    expect(await locks.run('b', never, () => Promise.resolve('done'))).toEqual({ value: 'done' });
    open();
    await first;
  });

  it('do not run the work of one who has left before asking', async () => {
    let ran = false;
    const outcome = await createKeyedLocks().run('a', AbortSignal.abort(), () => {
      ran = true;
      return Promise.resolve();
    });
    expect(outcome).toBeUndefined();
    expect(ran).toBe(false);
  });

  it('let one who waits leave at once, without running it, and serve the next in turn', async () => {
    const locks = createKeyedLocks();
    const { opened, open } = gate();
    const began: string[] = [];
    const work = (name: string) => (): Promise<void> => {
      began.push(name);
      return Promise.resolve();
    };
    const leaving = new AbortController();
    const holder = locks.run('a', never, () => opened);
    const left = locks.run('a', leaving.signal, work('left'));
    const stays = locks.run('a', never, work('stays'));
    leaving.abort();
    expect(await left).toBeUndefined();
    expect(began).toEqual([]);
    open();
    await Promise.all([holder, stays]);
    expect(began).toEqual(['stays']);
  });

  it('do not interrupt work that runs when its signal aborts', async () => {
    const locks = createKeyedLocks();
    const { opened, open } = gate();
    const leaving = new AbortController();
    const running = locks.run('a', leaving.signal, () => opened.then(() => 'finished'));
    await turn();
    leaving.abort();
    open();
    expect(await running).toEqual({ value: 'finished' });
  });

  it('are free again after work that failed', async () => {
    const locks = createKeyedLocks();
    await expect(locks.run('a', never, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await locks.run('a', never, () => Promise.resolve(1))).toEqual({ value: 1 });
  });

  it('whatever happens in whatever order, never run two of a key together, nor out of turn, nor one who left', async () => {
    const job = fc.record({
      key: fc.constantFrom('a', 'b'),
      turns: fc.nat(3),
      fails: fc.boolean(),
      startAt: fc.nat(6),
      leaveAt: fc.option(fc.nat(8), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(job, { minLength: 1, maxLength: 12 }), async (jobs) => {
        const locks = createKeyedLocks();
        const busy = new Set<string>();
        const asked: Record<string, number[]> = { a: [], b: [] };
        const began: Record<string, number[]> = { a: [], b: [] };
        const left = new Set<number>();
        const runs: Promise<void>[] = [];
        const leavers = jobs.map(() => new AbortController());
        for (let now = 0; now <= 8; now += 1) {
          jobs.forEach((one, index) => {
            if (one.startAt === now) {
              asked[one.key]?.push(index);
              const run = locks.run(one.key, leavers[index]?.signal ?? never, async () => {
                expect(busy.has(one.key)).toBe(false);
                busy.add(one.key);
                began[one.key]?.push(index);
                for (let passed = 0; passed < one.turns; passed += 1) await turn();
                busy.delete(one.key);
                if (one.fails) throw new Error('failed');
                return index;
              });
              runs.push(
                run.then(
                  (outcome) => {
                    if (outcome === undefined) left.add(index);
                    else expect(outcome.value).toBe(index);
                  },
                  (error: Error) => expect([one.fails, error.message]).toEqual([true, 'failed']),
                ),
              );
            }
            if (one.leaveAt === now) leavers[index]?.abort();
          });
          await turn();
        }
        await Promise.all(runs);
        for (const key of ['a', 'b']) {
          expect(began[key]).toEqual(asked[key]?.filter((index) => !left.has(index)));
        }
        for (const index of left) expect(jobs[index]?.leaveAt).toBeDefined();
      }),
      { numRuns: 150 },
    );
  });
});
