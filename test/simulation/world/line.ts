/** The seam to a simulated practice as one gateway process sees it: every call takes its way through the weather. */
import type { PracticeSystem, LookUp, PracticeAppointment, WriteAnswer } from '../../../src/ports/practice-system.js';
import type { PracticePatientRef, SlotId } from '../../../src/domain/identifiers.js';
import { GatewayError } from '../../../src/domain/errors.js';
import { SECOND } from '../../../src/domain/time.js';
import { scriptedSystem, SCHEDULE, slotNumber } from '../../core/bench.js';
import type { Send } from '../history.js';
import { WALL_START } from '../people.js';
import { patientLink } from '../../records/samples.js';
import type { Answer, DiaryEntry, LookUpKind, Practice } from './practice.js';
import { createChance, type Chance, type World } from './world.js';

export interface Weather {
  /** How likely a call goes wrong at this moment. */
  trouble(at: number): number;
  /** Whether the practice cannot be reached at this moment. */
  isAway(at: number): boolean;
}

export interface LineInput {
  readonly world: World;
  readonly practice: Practice;
  readonly weather: Weather;
  /** Names the chances of this line. */
  readonly name: string;
  readonly lookUp: LookUpKind;
  readonly multiSlot: boolean;
  readonly settleMs: number;
  /** How long the practice's lists may lag behind. */
  readonly lagMs: number;
  /** Hands something to the process, unless it is gone. */
  readonly deliver: (ms: number, work: () => void) => void;
  readonly noteSend: (send: Omit<Send, 'type' | 'at' | 'op'>, traceId: string) => void;
  /** For mutants: a hold that was never confirmed passes for a booking. */
  readonly holdsCount?: boolean;
}

type Written = WriteAnswer<PracticeAppointment>;

const WRITE_TIMEOUT_MS = 5 * SECOND;
const NEVER = Infinity;

/** How one call fares; times from when it is sent, `Infinity` for never. */
interface Fate {
  readonly sent: boolean;
  readonly refused?: 'auth';
  /** When it reaches the practice, and how long the answer takes from there. */
  readonly reaches: number;
  readonly back: number;
  /** When the gateway sees that the call has failed, where it does. */
  readonly fails: number;
  /** A second copy reaches the practice. */
  readonly again: number;
}

function fateOf(chance: Chance, trouble: number, away: boolean, latest: number): Fate {
  const quick = chance.between(5, 150);
  const back = chance.between(5, 150);
  const fine: Fate = { sent: true, reaches: quick, back, fails: NEVER, again: NEVER };
  const kind = chance.fraction();
  const later = chance.between(0.5, 1) < 0.7 ? chance.between(200, 20 * SECOND) : chance.between(SECOND, latest);
  if (away) return kind < 0.6 ? { ...fine, sent: false, fails: quick } : { ...fine, reaches: NEVER };
  if (!chance.happens(trouble)) return fine;
  if (kind < 0.12) return { ...fine, sent: false, fails: chance.between(1, 3 * SECOND) };
  if (kind < 0.2) return { ...fine, refused: 'auth' };
  if (kind < 0.32) return { ...fine, reaches: NEVER, fails: chance.pick([quick, NEVER]) };
  if (kind < 0.48) return { ...fine, reaches: later, back };
  if (kind < 0.6) return { ...fine, reaches: later, fails: quick };
  if (kind < 0.75) return { ...fine, back: NEVER, fails: chance.pick([quick + back, NEVER]) };
  if (kind < 0.88) return { ...fine, back: later };
  return { ...fine, again: later };
}

export function createLine(input: LineInput): PracticeSystem {
  const { world, practice, weather, lookUp, deliver, noteSend } = input;
  const calls = new Map<string, number>();
  /** An effect comes early enough that lists show it when the settle time ends. */
  const latest = input.settleMs - input.lagMs - 2 * WRITE_TIMEOUT_MS;

  const chanceOf = (operation: string, traceId: string): Chance => {
    const call = `${operation}/${traceId}`;
    const count = (calls.get(call) ?? 0) + 1;
    calls.set(call, count);
    return createChance(`${input.name}/${call}/${count}`);
  };

  const appointmentOf = (entry: DiaryEntry): PracticeAppointment => {
    const slot = slotNumber(Number(entry.slot.slice('slot-'.length)));
    return {
      ref: entry.ref,
      status: entry.cancelled ? 'cancelled' : 'booked',
      start: slot.start,
      end: slot.end,
      patientRef: entry.patient as PracticePatientRef,
      createdAt: WALL_START + entry.createdAt,
      place: undefined,
    };
  };
  const toWritten = (answer: Answer): Written =>
    answer.kind === 'done'
      ? { class: 'done', value: appointmentOf(answer.entry) }
      : { class: 'refused', reason: answer.reason };

  /** One write: what the gateway sees of it, and when. */
  const write = <T>(
    chance: Chance,
    note: () => void,
    execute: (copy: boolean) => Promise<T>,
    read: (done: T) => WriteAnswer<T>,
  ): Promise<WriteAnswer<T>> => {
    const at = world.now();
    const fate = fateOf(chance, weather.trouble(at), weather.isAway(at), latest);
    return new Promise((resolve) => {
      if (!fate.sent) {
        deliver(fate.fails, () => resolve({ class: 'not-sent', reason: 'unreachable' }));
        return;
      }
      note();
      if (fate.refused) {
        deliver(fate.reaches + fate.back, () => resolve({ class: 'auth' }));
        return;
      }
      let tellLate: (answer: WriteAnswer<T>) => void = () => undefined;
      const late = new Promise<WriteAnswer<T>>((settle) => (tellLate = settle));
      if (fate.reaches !== NEVER) {
        world.after(fate.reaches, () => {
          void execute(false).then((done) => {
            if (fate.back === NEVER || fate.fails !== NEVER) return;
            deliver(fate.back, () => {
              resolve(read(done));
              tellLate(read(done));
            });
          });
        });
      }
      // A copy is no second call at the same time: the practice has made up its mind about the first by then.
      if (fate.again !== NEVER) world.after(fate.reaches + 2 * SECOND + fate.again, () => void execute(true));
      if (fate.fails !== NEVER) deliver(fate.fails, () => resolve({ class: 'unknown', reason: 'reset' }));
      deliver(WRITE_TIMEOUT_MS, () => resolve({ class: 'unknown', reason: 'timeout', late }));
    });
  };

  const read = <T>(operation: string, traceId: string, signal: AbortSignal, answer: () => T): Promise<T> => {
    const chance = chanceOf(operation, traceId);
    const there = chance.between(2, 60);
    const fails = weather.isAway(world.now()) || chance.happens(weather.trouble(world.now()) * 0.3);
    const hangs = fails && chance.happens(0.5);
    return new Promise((resolve, reject) => {
      // By way of the process, so that one that is gone hears nothing of it.
      const refuse = (): void => {
        signal.removeEventListener('abort', refuse);
        deliver(0, () => reject(new GatewayError('practice-timeout', 'no answer')));
      };
      if (signal.aborted) return refuse();
      signal.addEventListener('abort', refuse, { once: true });
      if (fails) {
        deliver(hangs ? 3 * SECOND : there, refuse);
        return;
      }
      world.after(there, () => {
        const value = answer();
        deliver(chance.between(2, 60), () => {
          signal.removeEventListener('abort', refuse);
          resolve(value);
        });
      });
    });
  };

  /** In one call where the practice keeps no reference of ours; in two where it does. */
  const bookOne = async (
    slot: SlotId,
    patient: string,
    attempt: string,
    signal: AbortSignal,
    traceId: string,
  ): Promise<Written> => {
    const began = world.now();
    const chance = chanceOf(`book-${slot}`, traceId);
    const note = (): void => noteSend({ write: 'book', attempt }, traceId);
    const takes = chance.between(5, 200);
    const lag = chance.between(0, input.lagMs);
    if (lookUp !== 'by-reference') {
      const asked = { slot, patient, attempt, takes, lag };
      // Without a reference a practice cannot tell a copy from a second booking: only a line that makes none serves it.
      const answer = await write(
        chance,
        note,
        (copy): Promise<Answer> =>
          copy ? Promise.resolve({ kind: 'refused', reason: 'slot-taken' }) : practice.book(asked),
        asAnswer,
      );
      return ofWrite(answer);
    }
    const held = await write(
      chance,
      note,
      (copy): Promise<Answer> =>
        copy
          ? Promise.resolve({ kind: 'refused', reason: 'slot-taken' })
          : practice.hold({ slot, patient, attempt, takes }),
      asAnswer,
    );
    // A hold lapses by itself, whatever became of the call: nothing was booked.
    if (held.class !== 'done') {
      return held.class === 'unknown' ? { class: 'unknown', reason: 'hold' } : ofWrite(held);
    }
    if (held.value.kind !== 'done') return ofWrite(held);
    // A process that was stopped meanwhile may have lost its lease: what was asked for then is not sent now.
    const late = world.now() - began > WRITE_TIMEOUT_MS;
    if (signal.aborted || late) return { class: 'not-sent', reason: 'too late' };
    const { entry } = held.value;
    return ofWrite(
      await write(
        chanceOf(`confirm-${slot}`, traceId),
        note,
        // A copy of what was refused once is refused again: the practice has forgotten that hold.
        (copy): Promise<Answer> =>
          copy ? Promise.resolve({ kind: 'refused', reason: 'slot-taken' }) : practice.confirm(entry, takes, lag),
        asAnswer,
      ),
    );
  };

  const asAnswer = (answer: Answer): WriteAnswer<Answer> =>
    answer.kind === 'done' ? { class: 'done', value: answer } : { class: 'refused', reason: answer.reason };
  const ofWrite = (answer: WriteAnswer<Answer>): Written => {
    if (answer.class === 'done') return toWritten(answer.value);
    if (answer.class !== 'unknown' || !answer.late) return answer as Written;
    return { class: 'unknown', reason: answer.reason, late: answer.late.then(ofWrite) };
  };

  const seen = (entry: DiaryEntry): boolean => entry.listedFrom <= world.now();
  const system = scriptedSystem();
  return {
    ...system,
    capabilities: {
      ...system.capabilities,
      clientReference: lookUp === 'by-reference',
      lookUp,
      settleMs: input.settleMs,
      multiSlot: input.multiSlot ? 'booking-per-slot' : 'none',
    },
    lockKeyOf: (slot) => `session-${Math.ceil(Number(slot.slice('slot-'.length)) / 3)}`,
    readPlace: (id, { traceId, signal }) =>
      read('place', traceId, signal, () =>
        practice.isFree(id)
          ? { state: 'free', slot: slotNumber(Number(id.slice('slot-'.length))), schedule: SCHEDULE }
          : { state: 'taken' },
      ),
    readPatient: (ref, { traceId, signal }) =>
      read('patient', traceId, signal, () => {
        const { registered, nhsNumber } = patientLink();
        return registered && { ref, nhsNumber, demographics: registered, status: 'active' as const };
      }),
    book({ slots: [slot], patientRef, clientReference }, { signal, traceId }) {
      if (slot === undefined) return Promise.resolve({ class: 'refused', reason: 'invalid' });
      return bookOne(slot, patientRef, clientReference, signal, traceId);
    },
    async cancel(ref, _reason, { traceId }) {
      const chance = chanceOf(`cancel-${ref}`, traceId);
      const takes = chance.between(5, 200);
      const note = (): void => noteSend({ write: 'cancel', ref }, traceId);
      return ofWrite(await write(chance, note, () => practice.cancel(ref, 'gateway', takes), asAnswer));
    },
    readAppointment: (ref, { traceId, signal }) =>
      read('read', traceId, signal, () => {
        const entry = practice.diary.find((one) => one.ref === ref && !one.held);
        return entry && appointmentOf(entry);
      }),
    ...(lookUp !== 'none' && {
      lookUpBooking: ({ slots, patientRef, clientReference, sentAt, knownRefs }, { traceId, signal }) =>
        read('look', traceId, signal, (): LookUp => {
          const isOurs = (entry: DiaryEntry): boolean =>
            lookUp === 'by-reference'
              ? entry.reference === clientReference
              : entry.patient === patientRef && WALL_START + entry.createdAt >= sentAt && !knownRefs.has(entry.ref);
          const ours = practice.diary.filter(
            (entry) => isOurs(entry) && seen(entry) && (!entry.held || input.holdsCount === true),
          );
          const pick = (slot: SlotId): DiaryEntry | undefined => {
            const here = ours.filter((entry) => entry.slot === slot);
            return here.find((entry) => !entry.cancelled) ?? here[0];
          };
          const found = slots.map(pick).filter((entry) => entry !== undefined);
          const [live, ...more] = found.filter((entry) => !entry.cancelled).map(appointmentOf);
          if (live)
            return { found: 1 + more.length === slots.length ? 'booked' : 'part', appointments: [live, ...more] };
          const [first, ...rest] = found.map(appointmentOf);
          return first ? { found: 'cancelled', appointments: [first, ...rest] } : { found: 'nothing' };
        }),
    }),
  };
}
