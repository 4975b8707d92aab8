/** What the load is made of: requests of many consumers over a pool of connections, sent at a rate whatever comes back. */
import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { createPracticeZone, MINUTE } from '../../src/domain/time.js';
import { slotIdOf } from '../../src/connectors/hmis/slot-id.js';
import { dateAhead, FIRST_SINGLE, PATIENT_NUMBER, singlePlace } from '../../bench/practice.js';
import { createConsumer, INTERACTIONS, MEDIA_TYPE, unsignedToken, type InteractionName } from '../support/consumer.js';
import { bookingBody, NHS_NUMBER, slotPath } from '../support/flow.js';
import { asidOf, GROUP, GROUP_ASID, odsCodeOf } from './processes/practices-file.js';
import type { Answered } from './fleet.js';

const TOKEN_MS = 60_000;
const CONNECTIONS = 1500;

export interface Booked extends Answered {
  /** By which the practice knows it. */
  readonly session: number;
  /** When it left without an answer, in milliseconds since 1970; `undefined` when it did not. */
  readonly leftAt: number | undefined;
}

export interface Generator {
  /** A search at the practice of this number, or over all of them. */
  search(of: number | 'north', patienceMs?: number, from?: string): Promise<Answered>;
  /** Books a place of its own at the first practice. */
  book(patienceMs: number, from?: string): Promise<Booked>;
  close(): Promise<void>;
}

interface Entry {
  readonly resource: { readonly resourceType: string; readonly id: string };
}

export async function createGenerator(url: string): Promise<Generator> {
  const pool = new Pool(url, { connections: CONNECTIONS, pipelining: 1 });
  const tokens = new Map<string, { readonly text: string; readonly until: number }>();
  const tokenOf = (addressee: string, asid: string, interaction: InteractionName): string => {
    const key = `${addressee} ${interaction}`;
    const known = tokens.get(key);
    if (known !== undefined && Date.now() < known.until) return known.text;
    const text = unsignedToken(createConsumer(url, addressee, asid, Date.now).claims(interaction));
    tokens.set(key, { text, until: Date.now() + TOKEN_MS });
    return text;
  };

  const send = async (
    interaction: InteractionName,
    of: number | 'north',
    path: string,
    { patienceMs = 10_000, from = '200000009999', body }: { patienceMs?: number; from?: string; body?: string } = {},
  ): Promise<Answered & { readonly text: string }> => {
    const [addressee, asid] = of === 'north' ? [GROUP, GROUP_ASID] : [odsCodeOf(of), asidOf(of)];
    const began = performance.now();
    const [status, text] = await pool
      .request({
        method: body === undefined ? 'GET' : 'POST',
        path: `/${addressee}/STU3/1/gpconnect${path}`,
        headers: {
          'Ssp-TraceID': randomUUID(),
          'Ssp-From': from,
          'Ssp-To': asid,
          'Ssp-InteractionID': INTERACTIONS[interaction][0],
          Authorization: `Bearer ${tokenOf(addressee, asid, interaction)}`,
          Accept: MEDIA_TYPE.json,
          ...(body !== undefined && { 'Content-Type': MEDIA_TYPE.json }),
        },
        body: body ?? null,
        signal: AbortSignal.timeout(patienceMs),
      })
      .then(
        async (answer) => [answer.statusCode, await answer.body.text()] as const,
        () => [undefined, ''] as const,
      );
    return { status, tookMs: performance.now() - began, text };
  };

  const week = slotPath(dateAhead(1), dateAhead(7));
  const get = async (interaction: InteractionName, path: string): Promise<readonly Entry[]> => {
    const { status, text } = await send(interaction, 0, path);
    if (status !== 200) throw new Error(`the gateway answered ${String(status)}: ${text}`);
    return (JSON.parse(text) as { readonly entry: readonly Entry[] }).entry;
  };
  // The ids that a booking needs are asked for, as any consumer would.
  const [patient] = await get(
    'findPatient',
    `/Patient?identifier=${encodeURIComponent(`${NHS_NUMBER}|${PATIENT_NUMBER}`)}`,
  );
  const found = await get('searchSlots', `${week}&_include%3Arecurse=Schedule%3Aactor%3ALocation`);
  const location = found.find(({ resource }) => resource.resourceType === 'Location')?.resource.id ?? '';
  const zone = createPracticeZone('Europe/London');
  let session = FIRST_SINGLE;

  return {
    search: (of, patienceMs, from) =>
      send('searchSlots', of, week, {
        ...(patienceMs !== undefined && { patienceMs }),
        ...(from !== undefined && { from }),
      }),
    async book(patienceMs, from = '200000009999') {
      const place = (session += 1);
      const { date, time } = singlePlace(place);
      const { instant } = zone.fromLocal(date, time);
      const slot = {
        id: slotIdOf(place, 1, instant),
        start: zone.toLocal(instant),
        end: zone.toLocal(instant + 10 * MINUTE),
        scheduleType: '',
        location: `Location/${location}`,
        practitioner: undefined,
      };
      const text = bookingBody(slot, patient?.resource.id ?? '', (body: { created: string; comment: string }) => {
        body.created = zone.toLocal(Date.now());
        // Equal bookings would be one booking.
        body.comment = `Place ${place}`;
      });
      const answered = await send('book', 0, '/Appointment', { patienceMs, from, body: JSON.stringify(text) });
      return { ...answered, session: place, leftAt: answered.status === undefined ? Date.now() : undefined };
    },
    close: () => pool.destroy(),
  };
}
