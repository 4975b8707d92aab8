/**
 * One search over the practices of a group. All are asked at once; at the deadline the answer is built from what has
 * arrived, and each practice without a full answer is named. No practice's trouble removes another's slots.
 */
import { setMaxListeners } from 'node:events';
import { GatewayError, isGatewayError } from '../domain/errors.js';
import type { PracticeFreeSlots, PracticeShortfall, SlotSearch } from '../domain/schedule.js';
import { withinTime } from '../ports/runtime.js';
import type { GatewayContext, Request } from './context.js';
import type { GroupEntry, PracticeEntry } from './directory.js';
import { searchFreeSlots } from './search-free-slots.js';

export interface FederatedSlots {
  readonly found: readonly PracticeFreeSlots[];
  readonly missing: readonly PracticeShortfall[];
}

export async function searchGroup(
  context: GatewayContext,
  group: GroupEntry,
  request: Omit<Request, 'entry'>,
  search: SlotSearch,
): Promise<FederatedSlots> {
  const found: PracticeFreeSlots[] = [];
  const missing: PracticeShortfall[] = [];

  const ask = async (entry: PracticeEntry, signal: AbortSignal): Promise<void> => {
    const { practice } = entry;
    try {
      const free = await orAborted(
        searchFreeSlots(context, { ...request, entry }, search, signal),
        signal,
        () =>
          new GatewayError('practice-timeout', `Practice ${practice.odsCode} has not answered in time`, {
            practice: practice.odsCode,
          }),
      );
      found.push({ practice, free });
    } catch (error) {
      if (!isGatewayError(error)) throw error;
      missing.push({ practice, error });
    }
  };
  await withinTime(context.runtime.timers, context.settings.federationDeadlineMs, request.signal, (signal) => {
    // Every practice listens to it: many of them are no leak.
    setMaxListeners(0, signal);
    return Promise.all(group.entries.map((entry) => ask(entry, signal)));
  });

  // Nobody answered: that is a failure, not an empty result.
  const first = missing[0];
  if (found.length === 0 && first) {
    throw missing.every(({ error }) => error.code === 'practice-timeout')
      ? new GatewayError('practice-timeout', 'None of the practices has answered in time', { retryAfterSeconds: 5 })
      : (missing.find(({ error }) => error.code !== 'practice-timeout') ?? first).error;
  }
  const order = new Map(group.group.practices.map((odsCode, index) => [odsCode, index]));
  const inOrder = (a: { practice: { odsCode: PracticeFreeSlots['practice']['odsCode'] } }, b: typeof a): number =>
    (order.get(a.practice.odsCode) ?? 0) - (order.get(b.practice.odsCode) ?? 0);
  return { found: found.sort(inOrder), missing: [...missing, ...(group.barred ?? [])].sort(inOrder) };
}

/** A practice system may be slow to notice that nobody waits; we are not. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal, reason: () => GatewayError): Promise<T> {
  if (signal.aborted) {
    // Nobody waits for it any more; how it ends is of no interest, but its failure must not go unheard.
    work.catch(() => undefined);
    throw reason();
  }
  return new Promise<T>((resolve, reject) => {
    const onAbort = (): void => reject(reason());
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
