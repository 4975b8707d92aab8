/**
 * A practice system as a process sees it that may lose its lease. The practice cannot tell whose turn it is, so nothing
 * that changes anything there is sent by a process that cannot be sure that it is its own.
 */
import type { Leases } from '../../ports/leases.js';
import type { PracticeSystem, WriteAnswer } from '../../ports/practice-system.js';

export function createFencedSystem(system: PracticeSystem, leases: Pick<Leases, 'maySend'>): PracticeSystem {
  const unlessStale = <T>(send: () => Promise<WriteAnswer<T>>): Promise<WriteAnswer<T>> =>
    leases.maySend() ? send() : Promise.resolve({ class: 'not-sent', reason: 'lease too old' });
  return {
    ...system,
    registerPatient: (patient, call) => unlessStale(() => system.registerPatient(patient, call)),
    book: (request, call) => unlessStale(() => system.book(request, call)),
    ...(system.cancel && {
      cancel: (ref, reason, call) => unlessStale(() => system.cancel?.(ref, reason, call) ?? notOffered()),
    }),
  };
}

function notOffered<T>(): Promise<WriteAnswer<T>> {
  return Promise.resolve({ class: 'refused', reason: 'not-allowed' });
}
