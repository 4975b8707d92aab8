/**
 * One gateway process: the real core over simulated seams. Killed, it hears of nothing any more, so all that it was
 * about to do never happens; what it has committed and sent stays.
 */
import { createNoDemographics } from '../../../src/connectors/no-demographics.js';
import type { GatewayContext } from '../../../src/core/context.js';
import { createDirectory, type PracticeEntry } from '../../../src/core/directory.js';
import { createKeyedLocks, type KeyedLocks } from '../../../src/core/locks.js';
import { createReconciler } from '../../../src/core/reconcile.js';
import { createFencedSystem } from '../../../src/core/sharing/fenced-system.js';
import { createLeasedLocks } from '../../../src/core/sharing/leased-locks.js';
import { GatewayError } from '../../../src/domain/errors.js';
import { SECOND } from '../../../src/domain/time.js';
import type { AuditEvent } from '../../../src/ports/audit.js';
import type { Attempt, Ledger } from '../../../src/ports/ledger.js';
import type { PracticeSystem } from '../../../src/ports/practice-system.js';
import type { Runtime } from '../../../src/ports/runtime.js';
import { practice, SETTINGS } from '../../core/bench.js';
import type { Change } from '../history.js';
import { WALL_START } from '../people.js';
import { bury, openLease, type LeaseTable, type OwnLease } from './leases.js';
import type { LedgerStore } from './ledger-store.js';
import { createChance, type World } from './world.js';

/** What a mutant changes of the seams; see `mutants.ts`. */
export interface Seams {
  readonly ledger?: (ledger: Ledger) => Ledger;
  readonly system?: (system: PracticeSystem) => PracticeSystem;
  readonly locks?: (locks: KeyedLocks) => KeyedLocks;
  /** A write that changes the state to one of these is answered at once, and committed this much later. */
  readonly committedLater?: { readonly states: readonly string[]; readonly ms: number };
  /** What was committed in the last moments before a kill is lost. */
  readonly losesLastMs?: number;
  /** Sends what it finds open once more, as soon as it has started. */
  readonly resendsAtStart?: boolean;
  /** Leases are not asked before sending. */
  readonly unfenced?: boolean;
  readonly deaf?: boolean;
}

export interface ProcessInput {
  readonly world: World;
  readonly name: string;
  readonly seed: string;
  readonly store: LedgerStore;
  /** Present where several processes share the ledger. */
  readonly leases: LeaseTable | undefined;
  readonly seams: Seams;
  /** How likely a commit fails at this moment. */
  readonly ledgerTrouble: (at: number) => number;
  readonly createSystem: (deliver: (ms: number, work: () => void) => void) => PracticeSystem;
  /** `claimedFor` is the trace id of the request that a new attempt is for. */
  readonly noteChange: (change: Omit<Change, 'type' | 'at' | 'claimedBy'>, claimedFor?: string) => void;
  readonly noteText: (text: string) => void;
}

export interface GatewayProcess {
  readonly context: GatewayContext;
  readonly entry: PracticeEntry;
  isReady(): boolean;
  kill(): void;
  /** Stops the process for a while, as an operating system may. */
  pause(ms: number): void;
  /** Calls back unless the process is gone by then. */
  readonly deliver: (ms: number, work: () => void) => void;
}

const unavailable = (): GatewayError => new GatewayError('ledger-unavailable', 'the commit is not proven');

export function startProcess(input: ProcessInput): GatewayProcess {
  const { world, name, seed, store, leases, seams } = input;
  const chance = createChance(`${seed}/${name}`);
  let alive = true;
  let ready = false;
  let pausedUntil = 0;
  let ids = 0;
  let lease: OwnLease | undefined;
  /** Commits of the last moments. */
  const commits: { at: number; mark: number }[] = [];

  const deliver = (ms: number, work: () => void): void => {
    world.after(ms, () => {
      if (!alive) return;
      if (world.now() < pausedUntil) deliver(pausedUntil - world.now(), work);
      else work();
    });
  };

  const runtime: Runtime = {
    clock: { now: () => WALL_START + world.now(), monotonic: () => 5000 + world.now() },
    timers: {
      sleep: (ms, signal) =>
        new Promise<void>((resolve) => {
          if (signal?.aborted) return resolve();
          const wake = (): void => {
            if (!alive) return;
            signal?.removeEventListener('abort', wake);
            resolve();
          };
          signal?.addEventListener('abort', wake, { once: true });
          deliver(ms, wake);
        }),
    },
    ids: { next: () => `${name}-${String((ids += 1)).padStart(20, '0')}` },
    random: { fraction: () => chance.fraction() },
  };

  const ask = <T>(question: () => T): Promise<T> =>
    new Promise((resolve, reject) => {
      const answer = (): void => {
        try {
          const value = question();
          deliver(chance.between(0, 2), () => resolve(value));
        } catch {
          deliver(0, () => reject(unavailable()));
        }
      };
      // A database of its own takes what was sent to it; one within the process dies with it.
      if (leases) world.after(chance.between(0, 2), answer);
      else deliver(chance.between(0, 2), answer);
    });

  const commit = <T>(work: () => T): Promise<T> => {
    const slow = chance.happens(0.03) ? chance.between(100, 1500) : chance.between(0.5, 6);
    const fails = chance.happens(input.ledgerTrouble(world.now()));
    const inDoubt = fails && leases !== undefined && chance.happens(0.5);
    return new Promise((resolve, reject) => {
      const run = (): void => {
        if (fails && !inDoubt) {
          deliver(slow, () => reject(unavailable()));
          return;
        }
        commits.push({ at: world.now(), mark: store.mark() });
        try {
          const value = work();
          deliver(chance.between(0, 3), () => (inDoubt ? reject(unavailable()) : resolve(value)));
        } catch {
          deliver(0, () => reject(unavailable()));
        }
      };
      if (leases) world.after(slow, run);
      else deliver(slow, run);
    });
  };

  const noted = (attempt: Attempt, event: AuditEvent, isClaim = false): void => {
    const { id, state, version, revision, slots } = attempt;
    const change = { attempt: id, state, version, revision, slots: slots.map((slot) => slot.id) };
    input.noteChange(change, isClaim ? event.traceId : undefined);
    input.noteText(JSON.stringify(event));
  };
  const owner = (): string | undefined => lease?.id();
  /** Asked to take over and never answered: some may be ours already. */
  const unproven = new Set<string>();

  const ledger: Ledger = {
    findRepeat: (...args) => ask(() => store.findRepeat(...args)),
    bindRepeat: (...args) => commit(() => store.bindRepeat(...args)),
    claim: (attempt, window, event) =>
      commit(() => {
        const claimed = store.claim(attempt, window, event, owner());
        if (claimed.kind === 'new') noted(claimed.attempt, event, true);
        return claimed;
      }),
    change: (id, version, change, event) => {
      const apply = (): Attempt | undefined => {
        const changed = store.change(id, version, change, event, owner());
        if (changed) noted(changed, event);
        return changed;
      };
      const later = seams.committedLater;
      if (later?.states.includes(change.state)) {
        deliver(later.ms, apply);
        const before = store.findAttempt(id);
        return ask(() => before && { ...before, ...change, slots: before.slots, details: before.details });
      }
      return commit(apply);
    },
    readAttempt: (...args) => ask(() => store.readAttempt(...args)),
    openAttempts: () => ask(() => store.openAttempts()),
    ...(leases && {
      takeOver: async () => {
        const own = owner();
        if (own === undefined || lease?.maySend() !== true) return [];
        const taken = await commit(() => {
          bury(leases, world.now());
          const living = new Set(leases.instances.keys());
          for (const id of store.orphans(living)) unproven.add(id);
          return store.takeOver(own, living, unproven);
        });
        unproven.clear();
        return taken;
      },
    }),
    unsettled: () => ask(() => store.unsettled()),
    possibleDuplicates: (withinMs) => ask(() => store.possibleDuplicates(withinMs)),
    findAttempt: (id) => ask(() => store.findAttempt(id)),
    heldSlots: (...args) => ask(() => store.heldSlots(...args)),
    openSlotsOf: (...args) => ask(() => store.openSlotsOf(...args)),
    openOutcomes: (...args) => ask(() => store.openOutcomes(...args)),
    knownPracticeRefs: (odsCode) => ask(() => store.knownPracticeRefs(odsCode)),
    ownersOf: (...args) => ask(() => store.ownersOf(...args)),
    appointmentsOf: (...args) => ask(() => store.appointmentsOf(...args)),
    adopt: (...args) => commit(() => store.adopt(...args)),
    bookedInSchedules: (...args) => ask(() => store.bookedInSchedules(...args)),
    markReplied(id, at) {
      // Not waited for: lost when the process dies first.
      deliver(chance.between(1, 60), () => store.markReplied(id, at));
      return Promise.resolve();
    },
    findPatientLink: (...args) => ask(() => store.findPatientLink(...args)),
    readPatientLink: (...args) => ask(() => store.readPatientLink(...args)),
    savePatientLink: (...args) => commit(() => store.savePatientLink(...args)),
    probe: () => commit(() => undefined),
    close: () => Promise.resolve(),
  };

  const note = (event: string, fields?: object): void => input.noteText(`${event} ${JSON.stringify(fields ?? {})}`);
  const log = { info: note, warn: note, error: note };
  const seamLedger = seams.ledger?.(ledger) ?? ledger;
  const line = input.createSystem(deliver);
  const mutated = seams.system?.(line) ?? line;
  const own: OwnLease = {
    id: owner,
    take: (place) => lease?.take(place) ?? Promise.resolve(false),
    give: (place) => lease?.give(place) ?? Promise.resolve(),
    maySend: () => lease?.maySend() ?? false,
  };
  const system = leases && seams.unfenced !== true ? createFencedSystem(mutated, own) : mutated;
  const locks = leases ? createLeasedLocks(createKeyedLocks(), own, runtime) : createKeyedLocks();
  const reconciler = createReconciler({ ledger: seamLedger, runtime, log, locks });
  const context: GatewayContext = {
    ledger: seamLedger,
    audit: {
      record: () => undefined,
      flush: () => Promise.resolve(),
      rows: () => Promise.resolve([]),
      verify: () => Promise.resolve(undefined),
    },
    demographics: createNoDemographics(),
    runtime,
    log,
    locks: seams.locks?.(locks) ?? locks,
    reconciler,
    settings: seams.deaf === true ? { ...SETTINGS, bookingDeadlineMs: 90 * SECOND } : SETTINGS,
  };
  const entry: PracticeEntry = { practice: practice(), system };

  const resend = (open: readonly Attempt[]): void => {
    for (const { id, clientReference, slots, request, state } of open) {
      if (!request || (state !== 'CONFIRMING' && state !== 'CONFIRM_OPEN')) continue;
      const asked = { slots: slots.map((slot) => slot.id), patientRef: request.patientRef, clientReference };
      void system.book(asked, { signal: new AbortController().signal, traceId: id, purpose: 'book' });
    }
  };

  const start = async (): Promise<void> => {
    if (leases) {
      const sleep = (ms: number): Promise<void> => runtime.timers.sleep(ms);
      lease = await openLease({ world, table: leases, process: name, ask, sleep });
    }
    for (;;) {
      try {
        if (seams.resendsAtStart === true) resend(store.openAttempts());
        await reconciler.start(createDirectory([entry], []));
        ready = true;
        return;
      } catch (error) {
        if (!(error instanceof GatewayError) || error.code !== 'ledger-unavailable') throw error;
        await runtime.timers.sleep(SECOND);
      }
    }
  };
  void start();

  return {
    context,
    entry,
    deliver,
    isReady: () => alive && ready,
    kill() {
      alive = false;
      const lost = seams.losesLastMs;
      const first = lost === undefined ? undefined : commits.find(({ at }) => at >= world.now() - lost);
      if (first) store.goBackTo(first.mark);
    },
    pause(ms) {
      pausedUntil = world.now() + ms;
    },
  };
}
