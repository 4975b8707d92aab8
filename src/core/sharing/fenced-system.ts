/**
 * A practice system as a process sees it that may lose its lease. The practice cannot tell whose turn it is, so nothing
 * that changes anything there is sent by a process that cannot be sure that it is its own: it is asked at the beginning,
 * and by the connector once more before the first byte, because a process may be stopped for a while in between.
 */
import type { Leases } from '../../ports/leases.js';
import type { Call, PracticeSystem, WriteAnswer } from '../../ports/practice-system.js';

export function createFencedSystem(system: PracticeSystem, leases: Pick<Leases, 'maySend'>): PracticeSystem {
  const maySend = (): boolean => leases.maySend();
  const unlessStale = <T>(send: (fenced: Pick<Call, 'maySend'>) => Promise<WriteAnswer<T>>): Promise<WriteAnswer<T>> =>
    maySend() ? send({ maySend }) : Promise.resolve({ class: 'not-sent', reason: 'lease too old' });
  return {
    ...system,
    registerPatient: (patient, call) =>
      unlessStale((fenced) => system.registerPatient(patient, { ...call, ...fenced })),
    book: (request, call) => unlessStale((fenced) => system.book(request, { ...call, ...fenced })),
    ...(system.cancel && {
      cancel: (ref, reason, call) =>
        unlessStale((fenced) => system.cancel?.(ref, reason, { ...call, ...fenced }) ?? notOffered()),
    }),
  };
}

function notOffered<T>(): Promise<WriteAnswer<T>> {
  return Promise.resolve({ class: 'refused', reason: 'not-allowed' });
}
