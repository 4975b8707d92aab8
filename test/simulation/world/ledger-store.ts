/**
 * The ledger's promises kept in memory: what the simulated gateways share, and what outlives them. It passes the same
 * contract as the databases; here it answers at once, and `process.ts` adds time and trouble.
 */
import type {
  AppointmentId,
  OdsCode,
  PatientId,
  PracticeAppointmentRef,
  SlotId,
} from '../../../src/domain/identifiers.js';
import type { AuditEvent } from '../../../src/ports/audit.js';
import {
  byAge,
  LIVE_STATES,
  OPEN_STATES,
  REFUSAL_REPEAT_MS,
  REPEATABLE_STATES,
  TRANSPORT_REPEAT_MS,
  UNKNOWN_STATES,
  type AdoptedAppointment,
  type Asked,
  type Attempt,
  type AttemptChange,
  type BookedInSchedule,
  type Claim,
  type HeldSlot,
  type IdempotencyKey,
  type NewAttempt,
  type OpenOutcomes,
  type PatientLink,
  type Repeat,
} from '../../../src/ports/ledger.js';

interface Row {
  attempt: Attempt;
  readonly keys: readonly string[];
  /** Slots that it holds, of those it has. */
  readonly held: ReadonlySet<SlotId>;
  readonly scheduleId: string;
  readonly patient: PatientId;
  /** The process that looks after it, where several share the ledger. */
  readonly owner: string | undefined;
}

export interface StoreOptions {
  /** For mutants: claims do not see slots that open attempts hold. */
  readonly openHoldersIgnored?: boolean;
  /** For mutants: claims see no slots that others hold, so that only the place lock and the practice stand between. */
  readonly slotsUnclaimed?: boolean;
  /** For mutants: no row is found by its key or content. */
  readonly forgetful?: boolean;
  /** For mutants: a booking is not known again by its content once its answer was handed over. */
  readonly toldForgotten?: boolean;
}

export type LedgerStore = ReturnType<typeof createLedgerStore>;

/** Whether the same request is tried anew. */
const hasEnded = ({ state, updatedAt }: Attempt, at: number): boolean =>
  state === 'NOT_BOOKED' || (state === 'REJECTED' && Math.abs(at - updatedAt) >= REFUSAL_REPEAT_MS);

export function createLedgerStore({
  openHoldersIgnored = false,
  slotsUnclaimed = false,
  forgetful = false,
  toldForgotten = false,
}: StoreOptions = {}) {
  const rows = new Map<string, Row>();
  const links = new Map<string, PatientLink>();
  const audit: AuditEvent[] = [];
  /** How to take the last commits back, for a machine that loses what it did not sync. */
  const undo: (() => void)[] = [];

  const put = (id: string, row: Row): void => {
    const old = rows.get(id);
    rows.set(id, row);
    undo.push(() => (old ? rows.set(id, old) : rows.delete(id)));
  };
  const write = (event: AuditEvent): void => {
    JSON.stringify(event);
    audit.push(event);
    undo.push(() => audit.pop());
  };
  const all = (): Row[] => [...rows.values()];
  const sorted = (found: readonly Row[]): Attempt[] => found.map(({ attempt }) => attempt).sort(byAge);
  const keyText = (practice: OdsCode, principal: string, { source, key }: IdempotencyKey): string =>
    JSON.stringify([practice, principal, source, key]);
  const holderOf = (practice: OdsCode, slot: SlotId): Row | undefined =>
    all().find((row) => row.attempt.practice === practice && row.held.has(slot));
  const ownerOf = (practice: OdsCode, ref: PracticeAppointmentRef): Row | undefined =>
    all().find((row) => row.attempt.practice === practice && row.attempt.practiceRefs.includes(ref));

  const repeated = (
    { practice, principal, key, fingerprint, receivedAt }: Asked,
    contentWindowMs: number,
  ): Repeat | undefined => {
    if (forgetful) return undefined;
    const text = keyText(practice, principal, key);
    const owner = all().find((row) => row.keys.includes(text))?.attempt;
    const outdated =
      owner !== undefined &&
      ((key.source === 'transport' && owner.createdAt < receivedAt - TRANSPORT_REPEAT_MS) ||
        (hasEnded(owner, receivedAt) && owner.fingerprint === fingerprint));
    if (owner && !outdated) return { attempt: owner, by: 'key' };
    const attempt = all()
      .map((row) => row.attempt)
      .filter((one) => one.practice === practice && one.principal === principal && one.fingerprint === fingerprint)
      .filter((one) => one.createdAt >= receivedAt - contentWindowMs && REPEATABLE_STATES.has(one.state))
      .filter((one) => !(toldForgotten && one.state === 'BOOKED' && one.repliedAt !== undefined))
      .sort((a, b) => b.createdAt - a.createdAt)[0];
    return attempt && { attempt, by: 'content' };
  };

  const freeKey = (text: string): void => {
    const owner = all().find((row) => row.keys.includes(text));
    if (owner) put(owner.attempt.id, { ...owner, keys: owner.keys.filter((key) => key !== text) });
  };

  const bindRepeat = (asked: Asked, contentWindowMs: number): Attempt | undefined => {
    const repeat = repeated(asked, contentWindowMs);
    if (repeat?.by !== 'content') return repeat?.attempt;
    const text = keyText(asked.practice, asked.principal, asked.key);
    freeKey(text);
    const row = rows.get(repeat.attempt.id);
    if (row) put(row.attempt.id, { ...row, keys: [...row.keys, text] });
    return repeat.attempt;
  };

  return {
    audit,
    rows: all,
    /** How many commits there have been, and how to go back to that many. */
    mark: () => undo.length,
    goBackTo(mark: number): void {
      while (undo.length > mark) undo.pop()?.();
    },

    findRepeat: repeated,
    bindRepeat,

    claim(asked: NewAttempt, contentWindowMs: number, event: AuditEvent, process?: string): Claim {
      const { practice, principal, key, fingerprint, receivedAt } = asked;
      const repeat = bindRepeat(asked, contentWindowMs);
      if (repeat) return { kind: 'existing', attempt: repeat };
      for (const slot of asked.slots) {
        const holder = holderOf(practice, slot.id);
        if (holder && !slotsUnclaimed && !(openHoldersIgnored && holder.attempt.state !== 'BOOKED')) {
          return { kind: 'slot-held', attempt: holder.attempt };
        }
      }
      const { clientReference } = asked;
      if (all().some(({ attempt }) => attempt.practice === practice && attempt.clientReference === clientReference)) {
        throw new Error('the reference is not fresh');
      }
      write(event);
      freeKey(keyText(practice, principal, key));
      const attempt: Attempt = {
        id: asked.id,
        practice,
        principal,
        fingerprint,
        state: 'RECEIVED',
        version: 1,
        revision: 1,
        clientReference,
        practiceRefs: [],
        slots: asked.slots,
        start: Math.min(...asked.slots.map(({ start }) => start)),
        end: Math.max(...asked.slots.map(({ end }) => end)),
        details: asked.details,
        request: asked.request,
        sentAt: undefined,
        settleAt: undefined,
        evidence: undefined,
        repliedAt: undefined,
        createdAt: receivedAt,
        updatedAt: receivedAt,
      };
      put(asked.id, {
        attempt,
        keys: [keyText(practice, principal, key)],
        held: new Set(asked.slots.map(({ id }) => id)),
        scheduleId: asked.scheduleId,
        patient: asked.patientId,
        owner: process,
      });
      return { kind: 'new', attempt };
    },

    change(
      id: AppointmentId,
      version: number,
      change: AttemptChange,
      event: AuditEvent,
      process?: string,
    ): Attempt | undefined {
      const row = rows.get(id);
      if (row?.attempt.version !== version) return undefined;
      const { attempt } = row;
      const refs = change.practiceRefs?.filter((ref) => !attempt.practiceRefs.includes(ref)) ?? [];
      if (refs.some((ref) => ownerOf(attempt.practice, ref))) throw new Error('the booking belongs to another attempt');
      write(event);
      const slots = change.slots ?? attempt.slots;
      const live = LIVE_STATES.has(change.state);
      const held = new Set(
        slots
          .map((slot) => slot.id)
          .filter((slot) => live && [undefined, row].includes(holderOf(attempt.practice, slot))),
      );
      const { revises, practiceRefs: _refs, at, ...set } = change;
      const given = Object.fromEntries(Object.entries(set).filter(([, value]) => value !== undefined));
      const next: Attempt = {
        ...attempt,
        ...given,
        version: version + 1,
        revision: attempt.revision + (revises === true ? 1 : 0),
        practiceRefs: [...attempt.practiceRefs, ...refs].sort(),
        request: OPEN_STATES.has(change.state) || change.state === 'NEEDS_HUMAN' ? attempt.request : undefined,
        updatedAt: at,
      };
      put(id, { ...row, attempt: next, held, owner: process });
      return next;
    },

    /** Those that `takeOver` would take. */
    orphans: (living: ReadonlySet<string>): readonly string[] =>
      all()
        .filter(({ attempt, owner }) => OPEN_STATES.has(attempt.state) && !(owner !== undefined && living.has(owner)))
        .map(({ attempt }) => attempt.id),

    /**
     * The open attempts of processes that are gone, from now on this one's; with those of `unproven` that are its own
     * already, because the answer to an earlier question was lost.
     */
    takeOver(
      process: string,
      living: ReadonlySet<string>,
      unproven: ReadonlySet<string> = new Set(),
    ): readonly Attempt[] {
      const left = all().filter(
        ({ attempt, owner }) =>
          OPEN_STATES.has(attempt.state) &&
          (!(owner !== undefined && living.has(owner)) || (owner === process && unproven.has(attempt.id))),
      );
      for (const row of left) {
        const attempt = { ...row.attempt, version: row.attempt.version + 1 };
        put(attempt.id, { ...row, attempt, owner: process });
      }
      return sorted(left.map(({ attempt }) => rows.get(attempt.id)).filter((row) => row !== undefined));
    },

    adopt(appointment: AdoptedAppointment, event: AuditEvent): Attempt {
      const { practice, practiceRef, id, state, slots, scheduleId, start, end, patientId, details, at } = appointment;
      const owner = ownerOf(practice, practiceRef);
      if (owner) return owner.attempt;
      write(event);
      const attempt: Attempt = {
        id,
        practice,
        principal: '',
        fingerprint: '',
        state,
        version: 1,
        revision: 1,
        clientReference: id,
        practiceRefs: [practiceRef],
        slots,
        start,
        end,
        details,
        request: undefined,
        sentAt: undefined,
        settleAt: undefined,
        evidence: 'adopted',
        repliedAt: at,
        createdAt: at,
        updatedAt: at,
      };
      const key = JSON.stringify([practice, 'adopted', practiceRef]);
      put(id, { attempt, keys: [key], held: new Set(), scheduleId, patient: patientId, owner: undefined });
      return attempt;
    },

    readAttempt: (practice: OdsCode, id: AppointmentId): Attempt | undefined => {
      const found = rows.get(id)?.attempt;
      return found?.practice === practice ? found : undefined;
    },
    findAttempt: (id: AppointmentId): Attempt | undefined => rows.get(id)?.attempt,
    openAttempts: (): readonly Attempt[] => sorted(all().filter(({ attempt }) => OPEN_STATES.has(attempt.state))),
    unsettled: (): readonly Attempt[] =>
      sorted(
        all().filter(
          ({ attempt: { state, repliedAt } }) =>
            OPEN_STATES.has(state) || state === 'NEEDS_HUMAN' || (state === 'BOOKED' && repliedAt === undefined),
        ),
      ),
    possibleDuplicates: (withinMs: number): { readonly attempt: Attempt; readonly of: AppointmentId }[] =>
      all()
        .filter(({ attempt }) => LIVE_STATES.has(attempt.state))
        .flatMap((later) =>
          all()
            .filter(
              ({ attempt: { state, repliedAt } }) =>
                UNKNOWN_STATES.has(state) || state === 'NEEDS_HUMAN' || (state === 'BOOKED' && repliedAt === undefined),
            )
            .filter(
              ({ patient, attempt: { practice, principal } }) =>
                patient === later.patient &&
                practice === later.attempt.practice &&
                principal === later.attempt.principal,
            )
            .filter(({ attempt: { id, createdAt } }) => {
              const after = later.attempt.createdAt - createdAt;
              return after > 0 ? after <= withinMs : after === 0 && later.attempt.id > id;
            })
            .map(({ attempt: { id } }) => ({ attempt: later.attempt, of: id })),
        )
        .sort(
          (a, b) =>
            a.attempt.createdAt - b.attempt.createdAt ||
            (JSON.stringify([a.attempt.id, a.of]) < JSON.stringify([b.attempt.id, b.of]) ? -1 : 1),
        ),
    heldSlots: (practice: OdsCode, { start, end }: { readonly start: number; readonly end: number }): HeldSlot[] =>
      all()
        .filter(({ attempt }) => attempt.practice === practice)
        .flatMap(({ attempt, held }) =>
          attempt.slots.filter((slot) => held.has(slot.id)).map((slot) => ({ slot, attempt })),
        )
        .filter(({ slot }) => slot.start >= start && slot.start < end)
        .sort((a, b) => a.slot.start - b.slot.start)
        .map(({ slot, attempt }) => ({ slot: slot.id, attempt: attempt.id, state: attempt.state })),
    openOutcomes(practice: OdsCode, principal: string, patient: PatientId): OpenOutcomes {
      const open = all().filter(
        ({ attempt }) =>
          attempt.practice === practice && (attempt.state === 'RESERVE_OPEN' || attempt.state === 'CONFIRM_OPEN'),
      );
      return {
        ofPrincipal: open.filter(({ attempt }) => attempt.principal === principal).length,
        ofPatient: open.filter((row) => row.patient === patient).length,
      };
    },
    openSlotsOf: (practice: OdsCode, patient: PatientId): HeldSlot[] =>
      all()
        .filter((row) => row.attempt.practice === practice && row.patient === patient)
        .filter(({ attempt }) => OPEN_STATES.has(attempt.state))
        .flatMap(({ attempt: { id, state, slots } }) => slots.map((slot) => ({ slot: slot.id, attempt: id, state }))),
    knownPracticeRefs: (practice: OdsCode): ReadonlySet<PracticeAppointmentRef> =>
      new Set(all().flatMap(({ attempt }) => (attempt.practice === practice ? attempt.practiceRefs : []))),
    ownersOf: (practice: OdsCode, refs: readonly PracticeAppointmentRef[]) =>
      new Map(
        refs.flatMap((ref) => {
          const owner = ownerOf(practice, ref);
          return owner ? [[ref, owner.attempt] as const] : [];
        }),
      ),
    appointmentsOf: (practice: OdsCode, patient: PatientId, from: number): readonly Attempt[] =>
      all()
        .filter((row) => row.attempt.practice === practice && row.patient === patient)
        .map(({ attempt }) => attempt)
        .filter(({ state }) => ['BOOKED', 'CANCELLING', 'CANCEL_OPEN', 'CANCELLED'].includes(state))
        .filter(({ start }) => start >= from)
        .sort((a, b) => a.start - b.start || (a.id < b.id ? -1 : 1)),
    bookedInSchedules: (practice: OdsCode, schedules: readonly string[]): readonly BookedInSchedule[] => {
      const counts = new Map<string, BookedInSchedule>();
      for (const { attempt, held, scheduleId } of all()) {
        if (attempt.practice !== practice || !schedules.includes(scheduleId) || held.size === 0) continue;
        const { odsCode, type } = attempt.details.bookingOrganisation ?? {};
        const name = JSON.stringify([scheduleId, odsCode, type?.code]);
        counts.set(name, {
          scheduleId: scheduleId as BookedInSchedule['scheduleId'],
          organisation: odsCode,
          organisationType: type?.code,
          slots: (counts.get(name)?.slots ?? 0) + held.size,
        });
      }
      return [...counts.values()];
    },
    markReplied(id: AppointmentId, at: number): void {
      const row = rows.get(id);
      if (row && row.attempt.repliedAt === undefined) put(id, { ...row, attempt: { ...row.attempt, repliedAt: at } });
    },

    findPatientLink: (practice: OdsCode, nhsNumber: string): PatientLink | undefined =>
      [...links.values()].find((link) => link.practice === practice && link.nhsNumber === nhsNumber),
    readPatientLink: (practice: OdsCode, id: PatientId): PatientLink | undefined => {
      const found = links.get(id);
      return found?.practice === practice ? found : undefined;
    },
    savePatientLink(link: PatientLink, event: AuditEvent): PatientLink | undefined {
      if ((links.get(link.id)?.version ?? 0) !== link.version) return undefined;
      write(event);
      const stored = { ...link, version: link.version + 1 };
      links.set(link.id, stored);
      return stored;
    },
  };
}
