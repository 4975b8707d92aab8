/**
 * The core on its own: virtual time, a real ledger in memory, and a practice system whose every answer the test has
 * written down beforehand.
 */
import { createNoDemographics } from '../../src/connectors/no-demographics.js';
import type { CoreSettings, GatewayContext, Request } from '../../src/core/context.js';
import type { PracticeEntry } from '../../src/core/directory.js';
import { createKeyedLocks } from '../../src/core/locks.js';
import { createReconciler } from '../../src/core/reconcile.js';
import type { BookingRequest } from '../../src/domain/appointment.js';
import type { Caller } from '../../src/domain/caller.js';
import { GatewayError } from '../../src/domain/errors.js';
import type { Asid, LocationId, PracticePatientRef, PractitionerId, ScheduleId } from '../../src/domain/identifiers.js';
import type { Practice } from '../../src/domain/practice.js';
import type { Schedule, Slot } from '../../src/domain/schedule.js';
import { createPracticeZone, HOUR, MINUTE, SECOND } from '../../src/domain/time.js';
import type { Attempt, AttemptState, Ledger, PatientLink } from '../../src/ports/ledger.js';
import type { PracticeAppointment, PracticeSystem } from '../../src/ports/practice-system.js';
import { openSqliteRecords, type Records } from '../../src/records/open-sqlite.js';
import { auditEvent, linkEvent, ods, patientLink, practiceRef, SECRETS, slotId } from '../records/samples.js';
import { createVirtualRuntime, type VirtualRuntime } from '../support/virtual-runtime.js';

/** Monday 18 May 2026, 07:00 in London. */
export const NOW = Date.parse('2026-05-18T06:00:00Z');
export const SETTLE_MS = 60 * SECOND;
export const DEADLINE_MS = 12 * SECOND;

export function practice(over: Partial<Practice> = {}): Practice {
  return {
    odsCode: ods('A99901'),
    name: 'Riverside Surgery',
    address: { line: ['1 Quay Lane'] },
    telecom: [],
    zone: createPracticeZone('Europe/London'),
    asid: '200000009901' as Asid,
    enabled: { foundations: true, appointmentManagement: true },
    locations: [
      {
        id: 'location-1' as LocationId,
        systemId: '10',
        name: 'Riverside Surgery',
        address: { line: ['1 Quay Lane'] },
        telecom: [],
      },
    ],
    practitioners: [
      {
        id: 'practitioner-1' as PractitionerId,
        systemId: '42',
        sdsUserId: undefined,
        sdsRoleProfileIds: [],
        name: { family: 'Perera', given: ['Amara'], prefix: ['Dr'] },
        gender: undefined,
        languages: [],
        role: { code: 'R0260', display: 'General Medical Practitioner' },
      },
    ],
    slotRules: {
      defaults: { type: 'GP routine', channel: 'In-person', minutes: 10, restriction: undefined, bookable: true },
      rules: [],
      embargoMs: 0,
      horizonMs: undefined,
    },
    ...over,
  };
}

export const SCHEDULE: Schedule = {
  id: 'schedule-1' as ScheduleId,
  version: '1',
  type: 'Monday surgery',
  locationId: 'location-1' as LocationId,
  practitionerId: 'practitioner-1' as PractitionerId,
  role: undefined,
  planningHorizon: undefined,
};

/** The n-th slot of ten minutes from three hours after the clock's start. */
export function slotNumber(n: number, over: Partial<Slot> = {}): Slot {
  const start = NOW + 3 * HOUR + n * 10 * MINUTE;
  return {
    id: slotId(`slot-${n}`),
    version: '1',
    scheduleId: SCHEDULE.id,
    start,
    end: start + 10 * MINUTE,
    type: 'GP routine',
    channel: 'In-person',
    restriction: undefined,
    timing: 'exact',
    ...over,
  };
}

export function bookingOf(slots: readonly [Slot, ...Slot[]], over: Partial<BookingRequest> = {}): BookingRequest {
  return {
    slots: slots.map(({ id }) => id),
    start: slots[0].start,
    end: slots[slots.length - 1]?.end ?? slots[0].end,
    patientId: patientLink().id,
    locationId: SCHEDULE.locationId,
    practitionerId: SCHEDULE.practitionerId,
    description: 'Sore throat for a week',
    comment: undefined,
    created: NOW,
    bookingOrganisation: {
      localId: 'booking-org',
      odsCode: ods('Z99902'),
      name: 'Northdale 111 Service',
      telecom: [],
      addresses: [],
      type: undefined,
    },
    channel: undefined,
    roleCode: undefined,
    priority: undefined,
    identifiers: [],
    ...over,
  };
}

export function appointmentIn(slot: Slot, over: Partial<PracticeAppointment> = {}): PracticeAppointment {
  return {
    ref: practiceRef(`777-${slot.id}`),
    status: 'booked',
    start: slot.start,
    end: slot.end,
    patientRef: SECRETS.practicePatient as PracticePatientRef,
    createdAt: undefined,
    place: undefined,
    ...over,
  };
}

/** Two slots in a row, and a booking in each of them. */
export const PAIR = [slotNumber(1), slotNumber(2)] as const;
export const ONE = appointmentIn(PAIR[0]);
export const TWO = appointmentIn(PAIR[1]);

function unexpected(name: string): () => never {
  return () => {
    throw new Error(`the test did not expect ${name} to be called`);
  };
}

/** Answers what the test says; a call that it says nothing of is a mistake. */
export function scriptedSystem(over: Partial<PracticeSystem> = {}): PracticeSystem {
  return {
    capabilities: {
      slots: 'listed',
      booking: 'direct',
      clientReference: false,
      lookUp: 'by-patient',
      settleMs: SETTLE_MS,
      searchHorizonDays: 84,
      multiSlot: 'one-booking',
      findPatientBy: ['nhs-number'],
      storesNhsNumber: true,
      storesText: false,
      rescheduleInOneStep: false,
    },
    listFreeSlots: unexpected('listFreeSlots'),
    readPlace: unexpected('readPlace'),
    lockKeyOf: () => 'schedule-1',
    findPatients: unexpected('findPatients'),
    readPatient: unexpected('readPatient'),
    registerPatient: unexpected('registerPatient'),
    book: unexpected('book'),
    readAppointment: unexpected('readAppointment'),
    close: () => Promise.resolve(),
    ...over,
  };
}

export interface Bench {
  readonly context: GatewayContext;
  readonly runtime: VirtualRuntime;
  readonly records: Records;
  readonly events: string[];
  entry(system: PracticeSystem, over?: Partial<Practice>): PracticeEntry;
  request(entry: PracticeEntry, over?: { readonly traceId?: string; readonly signal?: AbortSignal }): Request;
  close(): Promise<void>;
}

export const SETTINGS: CoreSettings = {
  bookingDeadlineMs: DEADLINE_MS,
  federationDeadlineMs: 4 * SECOND,
  temporaryRegistrationDays: 90,
  retraceAfterMs: 12 * HOUR,
  contentWindowMs: 10 * MINUTE,
  openOutcomesOfConsumer: 20,
  openOutcomesOfPatient: 5,
};

export async function startBench(wrap: (ledger: Ledger) => Ledger = (ledger) => ledger): Promise<Bench> {
  const runtime = createVirtualRuntime(NOW);
  const records = await openSqliteRecords({ file: ':memory:', key: Buffer.alloc(32, 7), clock: runtime.clock });
  await records.ledger.savePatientLink(patientLink() satisfies PatientLink, linkEvent);
  const ledger = wrap(records.ledger);
  const events: string[] = [];
  const note = (event: string): void => void events.push(event);
  const log = { info: note, warn: note, error: note };
  const reconciler = createReconciler({ ledger, runtime, log });
  const context: GatewayContext = {
    ledger,
    audit: records.audit,
    demographics: createNoDemographics(),
    runtime,
    log,
    locks: createKeyedLocks(),
    reconciler,
    settings: SETTINGS,
  };
  return {
    context,
    runtime,
    records,
    events,
    entry: (system, over) => ({ practice: practice(over), system }),
    request: (entry, { traceId = 'trace-1', signal = new AbortController().signal } = {}) => ({
      entry,
      caller: caller(traceId),
      signal,
    }),
    async close() {
      await reconciler.stop();
      await records.close();
    },
  };
}

/** Its methods fail while they are named in `broken`. */
export function breakable(ledger: Ledger, broken: ReadonlySet<keyof Ledger>): Ledger {
  const guard =
    <A extends unknown[], R>(name: keyof Ledger, method: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      broken.has(name) ? Promise.reject(new GatewayError('ledger-unavailable', 'away')) : method(...args);
  return {
    ...ledger,
    change: guard('change', ledger.change.bind(ledger)),
    readAttempt: guard('readAttempt', ledger.readAttempt.bind(ledger)),
    knownPracticeRefs: guard('knownPracticeRefs', ledger.knownPracticeRefs.bind(ledger)),
  };
}

/** The attempt as the ledger holds it now. */
export async function storedRow({ records }: Bench, attempt: Attempt): Promise<Attempt> {
  const found = await records.ledger.readAttempt(attempt.practice, attempt.id);
  if (!found) throw new Error('gone');
  return found;
}

/** Moves the attempt on, as anybody else than the reconciler would; a new one is RECEIVED already. */
export async function changedRow(
  { records }: Bench,
  attempt: Attempt,
  state: AttemptState,
  more: object = {},
): Promise<Attempt> {
  if (state === 'RECEIVED') return attempt;
  const next = await records.ledger.change(attempt.id, attempt.version, { state, at: NOW, ...more }, auditEvent());
  if (!next) throw new Error('somebody else was faster');
  return next;
}

function caller(traceId: string): Caller {
  return {
    asid: '200000009999' as Asid,
    organisation: { odsCode: ods('Z99902'), name: 'Northdale 111 Service' },
    user: { id: 'user-1', name: 'Mx Casey Handler', sdsUserId: undefined, sdsRoleProfileId: undefined },
    device: { model: 'Test hub', version: '1.0' },
    traceId,
    interactionId: 'urn:nhs:names:services:gpconnect:fhir:rest:create:appointment-1',
    scope: 'patient/*.write',
  };
}
