/** Two processes, each with its own locks, over leases that only one of them can hold. */
import { describe, expect, it } from 'vitest';
import { createKeyedLocks, type KeyedLocks } from '../../../src/core/locks.js';
import { createFencedSystem } from '../../../src/core/sharing/fenced-system.js';
import { createLeasedLocks } from '../../../src/core/sharing/leased-locks.js';
import type { Leases } from '../../../src/ports/leases.js';
import type { Call, PracticeSystem } from '../../../src/ports/practice-system.js';
import { createSystemRuntime } from '../../../src/system.js';

const never = new AbortController().signal;
const runtime = createSystemRuntime();

function processes(): { readonly first: KeyedLocks; readonly second: KeyedLocks; readonly held: Set<string> } {
  const held = new Set<string>();
  const leases: Leases = {
    take: (place) => {
      const free = !held.has(place);
      held.add(place);
      return Promise.resolve(free);
    },
    give: (place) => Promise.resolve(void held.delete(place)),
    maySend: () => true,
  };
  const locks = (): KeyedLocks => createLeasedLocks(createKeyedLocks(), leases, runtime);
  return { first: locks(), second: locks(), held };
}

describe('leased locks', () => {
  it('run work of one key alone over all processes', async () => {
    const { first, second, held } = processes();
    let inside = 0;
    let most = 0;
    const work = async (): Promise<number> => {
      most = Math.max(most, (inside += 1));
      await runtime.timers.sleep(2);
      inside -= 1;
      return 1;
    };
    const runs = Array.from({ length: 20 }, (_, n) => (n % 2 ? first : second).run('place', never, work));
    expect(await Promise.all(runs)).toEqual(Array.from({ length: 20 }, () => ({ value: 1 })));
    expect(most).toBe(1);
    expect(held).toEqual(new Set());
  });

  it('give the place back when the work fails, and never begin it for who has left', async () => {
    const { first, second } = processes();
    await expect(first.run('place', never, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    const left = new AbortController();
    const holding = first.run('place', never, () => runtime.timers.sleep(100));
    const waiting = second.run('place', left.signal, () => Promise.reject(new Error('began')));
    await runtime.timers.sleep(20);
    left.abort();
    expect(await waiting).toBeUndefined();
    await holding;
    expect(await second.run('place', never, () => Promise.resolve('next'))).toEqual({ value: 'next' });
  });

  it('a ledger that cannot say whose the place is lets nobody in', async () => {
    const leases: Leases = {
      take: () => Promise.reject(new Error('away')),
      give: () => Promise.resolve(),
      maySend: () => true,
    };
    const locks = createLeasedLocks(createKeyedLocks(), leases, runtime);
    await expect(locks.run('place', never, () => Promise.resolve())).rejects.toThrow('away');
  });
});

describe('a fenced practice system', () => {
  const sent: string[] = [];
  const answer = (name: string) => () => {
    sent.push(name);
    return Promise.resolve({ class: 'refused', reason: 'invalid' } as const);
  };
  const system = {
    readPlace: () => Promise.resolve({ state: 'unknown' }),
    book: answer('book'),
    cancel: answer('cancel'),
    registerPatient: answer('register'),
  } as unknown as PracticeSystem;
  const call = {} as Call;
  const sendAll = async (fenced: PracticeSystem) => [
    (await fenced.book({} as never, call)).class,
    (await fenced.cancel?.('1' as never, 'reason', call))?.class,
    (await fenced.registerPatient({} as never, call)).class,
  ];

  it('sends nothing that changes anything once the lease is too old, and reads on', async () => {
    const stale = createFencedSystem(system, { maySend: () => false });
    expect(await sendAll(stale)).toEqual(['not-sent', 'not-sent', 'not-sent']);
    expect(sent).toEqual([]);
    expect(await stale.readPlace('1' as never, call)).toEqual({ state: 'unknown' });
    expect(await sendAll(createFencedSystem(system, { maySend: () => true }))).toEqual([
      'refused',
      'refused',
      'refused',
    ]);
    expect(sent).toEqual(['book', 'cancel', 'register']);
  });

  it('hands the question on to the connector, to be asked again before the first byte', async () => {
    const asked: boolean[] = [];
    const ask = ({ maySend }: Call) => {
      asked.push(maySend?.() ?? true);
      return Promise.resolve({ class: 'refused', reason: 'invalid' } as const);
    };
    const asking = {
      ...system,
      book: (_: unknown, given: Call) => ask(given),
      cancel: (_: unknown, __: unknown, given: Call) => ask(given),
      registerPatient: (_: unknown, given: Call) => ask(given),
    } as unknown as PracticeSystem;
    let times = 0;
    // Young enough at the beginning of each call, too old before its first byte.
    await sendAll(createFencedSystem(asking, { maySend: () => (times += 1) % 2 === 1 }));
    expect(asked).toEqual([false, false, false]);
  });

  it('offers no cancellation where the practice has none', () => {
    const without = { ...system, cancel: undefined } as unknown as PracticeSystem;
    expect(createFencedSystem(without, { maySend: () => true })).toMatchObject({ cancel: undefined });
  });
});
