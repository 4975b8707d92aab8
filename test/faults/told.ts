/** What consumers of a gateway in trouble are told. */
import { expect } from 'vitest';
import type { Json, TestAnswer, TestConsumer } from '../support/consumer.js';
import { slotPath } from '../support/flow.js';
import { dayFromNow } from './killable-gateway.js';

type Told = number | 'lost';
const statusOf = ({ status }: TestAnswer): number => status;
export const search = (consumer: TestConsumer): Promise<Told> =>
  consumer.get('searchSlots', slotPath(dayFromNow(1), dayFromNow(1))).then(statusOf, () => 'lost');
export const book = (consumer: TestConsumer, body: Json): Promise<Told> =>
  consumer.post('book', '/Appointment', body).then(statusOf, () => 'lost');

/** What the same request is told, until it is told that it is booked. */
export async function toldIn(consumer: TestConsumer, body: Json, first?: Told): Promise<readonly Told[]> {
  const told = [first ?? (await book(consumer, body))];
  while (told.at(-1) !== 201 && told.length < 20) told.push(await book(consumer, body));
  return told;
}

/** In the end that it is booked, and before that nothing but "not sent" and "nobody knows yet". */
export function expectTold(told: readonly Told[]): void {
  const untrue = told.filter((one) => one === 'lost' || ![201, 503, 504].includes(one));
  expect([told.at(-1), untrue]).toEqual([201, []]);
}
