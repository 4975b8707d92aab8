/** Plays a plan through the real core and writes down what happened. */
import { amendAppointment, cancelAppointment } from '../../src/core/appointments/change-appointment.js';
import { bookAppointment } from '../../src/core/appointments/book-appointment.js';
import { readAppointment } from '../../src/core/appointments/read-appointment.js';
import type { Request } from '../../src/core/context.js';
import type { Appointment, AppointmentAsSent } from '../../src/domain/appointment.js';
import { principalOf } from '../../src/domain/caller.js';
import { isGatewayError } from '../../src/domain/errors.js';
import { MINUTE, SECOND } from '../../src/domain/time.js';
import { slotNumber, DEADLINE_MS } from '../core/bench.js';
import { linkEvent } from '../records/samples.js';
import type { History, HistoryEvent, Invoke, Return } from './history.js';
import { CANARIES, callerOf, linkOf, practicePatientOf, requestOf } from './people.js';
import type { BookStep, ChangeStep, Plan } from './plan.js';
import { createLeaseTable } from './world/leases.js';
import { createLedgerStore, type StoreOptions } from './world/ledger-store.js';
import { createLine } from './world/line.js';
import { createPractice } from './world/practice.js';
import { startProcess, type GatewayProcess, type Seams } from './world/process.js';
import { createChance, createWorld, inWorld } from './world/world.js';

export interface Mutation {
  readonly seams?: Seams;
  readonly store?: StoreOptions;
  readonly holdsCount?: boolean;
}

/** Answers that leave open what became of the request, or of an earlier one with its key. */
const NOTHING_CERTAIN: ReadonlySet<string> = new Set(['outcome-unknown', 'ledger-unavailable']);

interface Answered {
  readonly result: Return['result'];
  readonly code?: string;
  readonly appointment?: Appointment;
  /** What the answer told that the consumer never got. */
  readonly lost?: Appointment;
  readonly replayed?: boolean;
}

/** A request on its way: what it asks, and how it is carried out. */
interface Sending {
  readonly invoke: Omit<Invoke, 'type' | 'at' | 'op' | 'principal'>;
  readonly consumer: number;
  readonly patienceMs: number | undefined;
  readonly answerLost: boolean;
  run(process: GatewayProcess, request: Request): Promise<{ appointment: Appointment; replayed?: boolean }>;
}

export async function runPlan(plan: Plan, mutation: Mutation = {}): Promise<History> {
  const world = createWorld();
  return inWorld(world, () => play(plan, mutation, world));
}

async function play(plan: Plan, mutation: Mutation, world: ReturnType<typeof createWorld>): Promise<History> {
  const events: HistoryEvent[] = [];
  const texts: string[] = [];
  const invokes = new Map<string, Invoke>();
  const store = createLedgerStore(mutation.store);
  const leases = plan.processes > 1 ? createLeaseTable() : undefined;
  const practice = createPractice({
    world,
    keepsReference: plan.lookUp === 'by-reference',
    note: (e) => events.push(e),
  });
  const outages = plan.steps.filter((step) => step.kind === 'away');
  const weather = {
    trouble: (at: number) => (at < plan.calmFrom ? plan.trouble : 0),
    isAway: (at: number) => outages.some((outage) => at >= outage.at && at < outage.at + outage.ms),
  };
  for (const patient of ['ann', 'bob', 'cy', 'di']) store.savePatientLink(linkOf(patient), linkEvent);

  const processes: (GatewayProcess | undefined)[] = [];
  const generation: number[] = [];
  const start = (n: number): void => {
    generation[n] = (generation[n] ?? 0) + 1;
    const name = `p${n}-${generation[n]}`;
    events.push({ type: 'start', at: world.now(), process: name });
    processes[n] = startProcess({
      world,
      name,
      seed: plan.seed,
      store,
      leases,
      seams: mutation.seams ?? {},
      ledgerTrouble: (at) => (at < plan.calmFrom ? plan.ledgerTrouble : 0),
      noteText: (text) => texts.push(text),
      noteChange: (change, claimedFor) => {
        const invoke = claimedFor === undefined ? undefined : invokes.get(claimedFor);
        events.push({
          type: 'change',
          at: world.now(),
          ...change,
          ...(invoke && { claimedBy: { principal: invoke.principal, key: invoke.key ?? '', op: invoke.op } }),
        });
      },
      createSystem: (deliver) =>
        createLine({
          world,
          practice,
          weather,
          name: `${plan.seed}/${name}`,
          lookUp: plan.lookUp,
          multiSlot: plan.multiSlot,
          settleMs: plan.settleMs,
          lagMs: plan.lagMs,
          deliver,
          holdsCount: mutation.holdsCount === true,
          noteSend: (send, traceId) => {
            const op = invokes.get(traceId)?.op;
            events.push({ type: 'send', at: world.now(), ...send, ...(op !== undefined && { op }) });
          },
        }),
    });
  };
  for (let n = 0; n < plan.processes; n += 1) start(n);

  let requests = 0;
  /** Resolves with what the consumer learns. */
  const send = (op: string, sending: Sending, done: (answer: Answered) => void): void => {
    requests += 1;
    const traceId = `00000000-0000-4000-8000-${String(requests).padStart(12, '0')}`;
    const caller = callerOf(sending.consumer, traceId);
    // Without a key every request stands alone: it has its own trace id, and only its content may make it a repeat.
    const ownKey = { key: `trace/${op}` };
    const invoke: Invoke = {
      type: 'invoke',
      at: world.now(),
      op,
      principal: principalOf(caller),
      ...ownKey,
      ...sending.invoke,
    };
    invokes.set(traceId, invoke);
    events.push(invoke);
    let isOver = false;
    const over = ({ result, code, appointment, lost, replayed }: Answered): void => {
      if (isOver) return;
      isOver = true;
      const { id, version, status } = appointment ?? lost ?? {};
      events.push({
        type: 'return',
        at: world.now(),
        op,
        result,
        ...(code !== undefined && { code }),
        ...(id !== undefined && { appointment: id }),
        ...(version !== undefined && { version }),
        ...(status !== undefined && { status }),
        ...(replayed !== undefined && { replayed }),
      });
      done({ result, ...(code !== undefined && { code }), ...(appointment && { appointment }) });
    };
    const ready = processes.filter((one) => one?.isReady() === true);
    const chance = createChance(`${plan.seed}/${op}`);
    const process = ready[Math.floor(chance.fraction() * ready.length)];
    if (!process) return over({ result: 'info', code: 'no-connection' });

    const consumer = new AbortController();
    const leave = (): void => {
      if (isOver) return;
      // Left is whom the process can know to have left: one that is stopped hears of it when it goes on.
      process.deliver(0, () => {
        events.push({ type: 'gone', at: world.now(), op });
        // A mutant may not hear it.
        if (mutation.seams?.deaf !== true) consumer.abort();
      });
      over({ result: 'info', code: 'left' });
    };
    if (sending.patienceMs !== undefined) world.after(sending.patienceMs, leave);
    // The connection of a process that has died is closed before long.
    world.after(60 * SECOND, () => over({ result: 'info', code: 'no-answer' }));
    const request: Request = { entry: process.entry, caller, signal: consumer.signal };
    // A process that is stopped takes the request when it goes on, and the time it may take begins then.
    process.deliver(0, () => {
      const readsFirstMs = 50;
      process.deliver(DEADLINE_MS + readsFirstMs, () => {
        if (!isOver) events.push({ type: 'gone', at: world.now(), op });
      });
      sending.run(process, request).then(
        ({ appointment, replayed = false }) => {
          // Handed to the connection: the gateway takes the consumer as told.
          if (!consumer.signal.aborted) {
            void process.context.ledger.markReplied(appointment.id, process.context.runtime.clock.now());
          }
          if (sending.answerLost) return over({ result: 'info', code: 'answer-lost', lost: appointment });
          process.deliver(chance.between(1, 20), () => over({ result: 'ok', appointment, replayed }));
        },
        (error: unknown) => {
          if (!isGatewayError(error) || error.code === 'internal') {
            texts.push(`${CANARIES[0]}: unexpected ${String(error)}`);
            return over({ result: 'info', code: 'unexpected' });
          }
          const result = NOTHING_CERTAIN.has(error.code) ? 'info' : 'fail';
          process.deliver(chance.between(1, 20), () => over({ result, code: error.code }));
        },
      );
    });
  };

  /** What consumers have been told of the bookings of each step. */
  const told = new Map<string, Appointment>();
  const persist = (
    name: string,
    sending: Sending,
    repeats: number,
    pauseMs: number,
    learn: (a: Appointment) => void,
  ) => {
    const once = (n: number): void =>
      send(`${name}.${n}`, sending, ({ result, code, appointment }) => {
        if (appointment) learn(appointment);
        const again = result === 'info' || code === 'place-contended' || code === 'practice-unavailable';
        if (again && n < repeats && code !== 'left') world.after(pauseMs, () => once(n + 1));
      });
    once(0);
  };

  const book = (step: BookStep): void => {
    const booking = requestOf(step.slots, step.patient, step.wish);
    const key = step.key === undefined ? undefined : ({ source: 'idempotency-key', key: step.key } as const);
    const sending: Sending = {
      invoke: {
        kind: 'book',
        ...(step.key !== undefined && { key: step.key }),
        content: JSON.stringify([step.slots, step.patient, step.wish]),
        slots: booking.slots,
        patient: practicePatientOf(step.patient),
      },
      ...step,
      run: ({ context }, request) => bookAppointment(context, request, booking, key),
    };
    persist(step.name, sending, step.repeats, step.pauseMs, (appointment) => told.set(step.name, appointment));
  };

  const change = (step: ChangeStep): void => {
    const appointment = told.get(step.of);
    if (!appointment) return;
    const sent = asSent(appointment, step);
    const expectedVersion = step.quotes ? appointment.version : undefined;
    const asked = { id: appointment.id, sent, expectedVersion };
    const sending: Sending = {
      invoke: {
        kind: step.kind,
        appointment: appointment.id,
        ...(step.kind !== 'read' && expectedVersion !== undefined && { quotes: expectedVersion }),
      },
      ...step,
      answerLost: false,
      async run({ context }, request) {
        if (step.kind === 'read') return { appointment: await readAppointment(context, request, appointment.id) };
        if (step.kind === 'amend') return amendAppointment(context, request, asked);
        return cancelAppointment(context, request, { ...asked, reason: 'No longer needed' });
      },
    };
    persist(step.name, sending, step.repeats, step.pauseMs, (now) => told.set(step.of, now));
  };

  for (const step of plan.steps) {
    world.after(step.at, () => {
      switch (step.kind) {
        case 'book':
          return book(step);
        case 'cancel':
        case 'amend':
        case 'read':
          return change(step);
        case 'kill': {
          const process = processes[step.process];
          if (!process) return;
          events.push({ type: 'kill', at: world.now(), process: `p${step.process}-${generation[step.process] ?? 0}` });
          process.kill();
          processes[step.process] = undefined;
          return world.after(step.downMs, () => start(step.process));
        }
        case 'pause':
          return processes[step.process]?.pause(step.ms);
        case 'staff-books': {
          const slot = slotNumber(step.slot).id;
          return void practice.book({ slot, patient: 'desk', attempt: undefined, takes: 100, lag: 0 });
        }
        case 'staff-cancels': {
          const slot = slotNumber(step.slot).id;
          const entry = practice.diary.find((one) => one.slot === slot && !one.cancelled && !one.held);
          return entry && void practice.cancel(entry.ref, 'staff', 0);
        }
        case 'away':
          return undefined;
      }
    });
  }

  // Without a look-up a person is asked, and not before half an hour has passed.
  const quiet = plan.settleMs + 90 * SECOND + (plan.lookUp === 'none' ? 35 * MINUTE : 0);
  await world.runUntil(plan.calmFrom + quiet);
  for (const process of processes) process?.kill();
  await world.runUntil(world.now() + 1);

  return {
    events,
    rows: store.rows().map(({ attempt }) => ({
      attempt: attempt.id,
      state: attempt.state,
      refs: attempt.practiceRefs,
      told: attempt.repliedAt !== undefined,
    })),
    listed: store.unsettled().map(({ id }) => id),
    capacity: 1,
    // Requests and the chain of the trail are the business of the layers around the core.
    audit: { requests, requestEvents: requests, chainHolds: true },
    texts,
    canaries: CANARIES,
  };
}

function asSent(appointment: Appointment, step: ChangeStep): AppointmentAsSent {
  const { id, slots, start, end, patientId, locationId, practitionerId, description, comment } = appointment;
  return {
    id,
    slots,
    start,
    end,
    patientId,
    locationId,
    practitionerId,
    description,
    comment: step.kind === 'amend' ? `from ${step.name}` : comment,
    created: undefined,
    minutes: undefined,
    priority: appointment.priority,
    channel: undefined,
    roleCode: undefined,
    identifiers: [],
    bookingOrganisation: appointment.bookingOrganisation,
    scheduleType: undefined,
    slotTypes: [],
  };
}
