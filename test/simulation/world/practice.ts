/**
 * A practice and the way to it. It checks and then inserts, as real ones do; calls get lost on the way there or back,
 * take effect after everybody has stopped waiting, or twice; its lists lag behind. What it does is the truth of a
 * history, whatever anybody was told.
 */
import type { PracticeAppointmentRef } from '../../../src/domain/identifiers.js';
import type { Effect } from '../history.js';
import type { World } from './world.js';

export type LookUpKind = 'by-reference' | 'by-patient' | 'none';

/** A row of the practice's own diary. */
export interface DiaryEntry {
  readonly ref: PracticeAppointmentRef;
  /** Ours, where the practice keeps one. */
  readonly reference: string | undefined;
  readonly slot: string;
  readonly patient: string;
  readonly createdAt: number;
  /** From when on its lists show it. */
  readonly listedFrom: number;
  cancelled: boolean;
  /** A hold until it is confirmed; it lapses by itself, and takes no place. */
  held: boolean;
}

export type Answer =
  | { readonly kind: 'done'; readonly entry: DiaryEntry }
  | { readonly kind: 'refused'; readonly reason: 'slot-taken' | 'already-cancelled' | 'not-found' };

export interface Practice {
  readonly diary: readonly DiaryEntry[];
  isFree(slot: string): boolean;
  /** Answers when it has been decided. `attempt` is for the record only: the practice may keep no reference. */
  book(asked: {
    slot: string;
    patient: string;
    attempt: string | undefined;
    takes: number;
    lag: number;
  }): Promise<Answer>;
  /** As `book` in two steps: the second takes effect only if the first has. */
  hold(asked: { slot: string; patient: string; attempt: string; takes: number }): Promise<Answer>;
  confirm(hold: DiaryEntry, takes: number, lag: number): Promise<Answer>;
  cancel(ref: string, by: Effect['by'], takes: number): Promise<Answer>;
}

export interface PracticeInput {
  readonly world: World;
  readonly keepsReference: boolean;
  readonly note: (event: Effect) => void;
}

export function createPractice({ world, keepsReference, note }: PracticeInput): Practice {
  const diary: DiaryEntry[] = [];
  const isFree = (slot: string): boolean =>
    !diary.some((entry) => entry.slot === slot && !entry.cancelled && !entry.held);
  const taking = (ms: number): Promise<void> => new Promise((resolve) => world.after(ms, resolve));
  let count = 0;
  const nextRef = (): PracticeAppointmentRef => `b${(count += 1)}` as PracticeAppointmentRef;
  const TAKEN: Answer = { kind: 'refused', reason: 'slot-taken' };

  /** Reference of a booking, with the slot, because one attempt may need a booking for each. */
  const knows = (attempt: string | undefined, slot: string): boolean =>
    keepsReference &&
    attempt !== undefined &&
    diary.some((entry) => entry.reference === attempt && entry.slot === slot && !entry.held);

  const insert = (slot: string, patient: string, attempt: string | undefined, lag: number): DiaryEntry => {
    const entry: DiaryEntry = {
      ref: nextRef(),
      reference: attempt,
      slot,
      patient,
      createdAt: world.now(),
      listedFrom: world.now() + lag,
      cancelled: false,
      held: false,
    };
    diary.push(entry);
    const by = attempt === undefined ? 'staff' : 'gateway';
    note({
      type: 'effect',
      at: world.now(),
      write: 'book',
      by,
      ref: entry.ref,
      slot,
      patient,
      ...(attempt !== undefined && { attempt }),
    });
    return entry;
  };

  return {
    diary,
    isFree,
    async book({ slot, patient, attempt, takes, lag }) {
      if (!isFree(slot) || knows(attempt, slot)) return TAKEN;
      // Between the check and the insertion anybody else's insertion goes unseen.
      await taking(takes);
      return { kind: 'done', entry: insert(slot, patient, attempt, lag) };
    },
    async hold({ slot, patient, attempt, takes }) {
      if (!isFree(slot) || knows(attempt, slot)) return TAKEN;
      await taking(takes);
      const entry: DiaryEntry = {
        ref: nextRef(),
        reference: attempt,
        slot,
        patient,
        createdAt: world.now(),
        listedFrom: world.now(),
        cancelled: false,
        held: true,
      };
      diary.push(entry);
      return { kind: 'done', entry };
    },
    async confirm(hold, takes, lag) {
      if (!isFree(hold.slot)) return TAKEN;
      await taking(takes);
      if (!hold.held) return TAKEN;
      hold.held = false;
      const { slot, patient, reference, ref } = hold;
      const at = world.now();
      Object.assign(hold, { createdAt: at, listedFrom: at + lag });
      note({
        type: 'effect',
        at,
        write: 'book',
        by: 'gateway',
        ref,
        slot,
        patient,
        ...(reference !== undefined && { attempt: reference }),
      });
      return { kind: 'done', entry: hold };
    },
    async cancel(ref, by, takes) {
      await taking(takes);
      const entry = diary.find((one) => one.ref === ref && !one.held);
      if (!entry) return { kind: 'refused', reason: 'not-found' };
      if (entry.cancelled) return { kind: 'refused', reason: 'already-cancelled' };
      entry.cancelled = true;
      note({ type: 'effect', at: world.now(), write: 'cancel', by, ref, slot: entry.slot, patient: entry.patient });
      return { kind: 'done', entry };
    },
  };
}
