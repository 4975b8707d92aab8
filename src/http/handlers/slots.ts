/** Search for free slots, of one practice or of a group. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GroupEntry, PracticeEntry } from '../../core/directory.js';
import { searchGroup } from '../../core/federate.js';
import * as slots from '../../core/search-free-slots.js';
import { GatewayError } from '../../domain/errors.js';
import type { Answer, Exchange, GatewayHttp } from '../exchange.js';
import { requestFor } from './shared.js';

/** Slots after whose reading others have their turn, before they are written. */
const MANY = 250;

export async function searchFreeSlots(http: GatewayHttp, entry: PracticeEntry, exchange: Exchange): Promise<Answer> {
  const { representation } = http.face;
  const { search, includes } = representation.parseSlotSearch(exchange.query, entry.practice.zone);
  const free = await slots.searchFreeSlots(http.context, requestFor(entry, exchange), search);
  if (free.slots.length > MANY) await nextTurn();
  return {
    status: 200,
    resource: representation.writeFreeSlots({ practice: entry.practice, free }, includes),
    touched: [],
  };
}

export async function searchGroupSlots(http: GatewayHttp, group: GroupEntry, exchange: Exchange): Promise<Answer> {
  const { representation } = http.face;
  const first = group.entries[0];
  if (!first) throw new GatewayError('organisation-not-found', 'This group has no practices');
  // Practices of a group may keep different zones; the dates of a search are read in the first one's.
  const { search, includes } = representation.parseSlotSearch(exchange.query, first.practice.zone);
  const { found, missing } = await searchGroup(
    http.context,
    group,
    { caller: exchange.caller, signal: exchange.signal },
    search,
  );
  if (found.reduce((count, { free }) => count + free.slots.length, 0) > MANY) await nextTurn();
  return {
    status: 200,
    resource: representation.writeFederatedSlots(
      found,
      missing,
      includes,
      (odsCode) => `${http.publicUrl}/${odsCode}/${http.face.path}`,
    ),
    headers: { 'X-Practices-Answered': `${found.length}/${found.length + missing.length}` },
    touched: [],
  };
}
