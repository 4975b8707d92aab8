/**
 * A simulated HMIS installation that speaks the documented dialect of the channelling API: HMIS wiki pages
 * "Channelling API Overview" and "Mobile App Booking Integration" (github.com/hmislk/hmis/wiki). Where those leave
 * something open it follows the behaviour of the deployed product.
 */
import { createSimulationServer, type Simulation } from '../../simulation/server.js';
import type { SimulatedAnswer, SimulatedRequest } from '../../simulation/messages.js';
import { createBookings } from './bookings.js';
import { KnobsSchema, type HmisData, type Knobs } from './data-file.js';
import { createDesk, type DeskAction } from './desk.js';
import { createNotifier } from './notify.js';
import { createRoutes } from './routes.js';
import { createState, datedBookings, type Patient } from './state.js';
import { isCancelled, statusOf, type SessionStatus } from './tokens.js';
import { refused } from './wire.js';

export { loadHmisData } from './data-file.js';

export interface HmisSimulatorOptions {
  readonly data: HmisData;
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly now?: (() => number) | undefined;
  readonly random?: (() => number) | undefined;
  /** Instead of the data file's. */
  readonly zone?: string | undefined;
}

export interface InspectedBooking {
  readonly bookingId: number;
  readonly serialNo: number;
  readonly status: string;
  readonly cancelled: boolean;
  readonly sessionInstanceId: number;
  readonly patientId: number | undefined;
  readonly appointmentAt: string;
  readonly createdAt: number;
  /** Gone from the API, by a reschedule or at the desk. */
  readonly retired: boolean;
}

export interface InspectedSession {
  readonly id: number;
  readonly consultantId: number;
  readonly institutionCode: string;
  readonly name: string;
  readonly start: number;
  readonly capacity: number;
  readonly status: SessionStatus;
}

export interface HmisInspection {
  /** The first booking ever made first, retired ones included. */
  bookings(): readonly InspectedBooking[];
  institutions(): HmisData['institutions'];
  patients(): readonly Patient[];
  sessions(): readonly InspectedSession[];
  readonly knobs: Readonly<Knobs>;
  /** Changes knobs while it runs. */
  turn(knobs: Partial<Knobs>): void;
  desk(action: DeskAction): void;
}

export interface HmisSimulation extends Simulation {
  readonly hmis: HmisInspection;
}

/** Changes members of the proper answer's `data`, to answer a success that speaks of something else. */
function altered(
  proper: SimulatedAnswer | undefined,
  change: (data: Record<string, unknown>) => object,
): SimulatedAnswer {
  const envelope = proper?.body as { data?: Record<string, unknown> } | undefined;
  if (!proper || !envelope?.data) return refused({ code: 500, message: 'An error occurred: nothing to alter' });
  return { ...proper, body: { ...envelope, data: { ...envelope.data, ...change(envelope.data) } } };
}

const systemFaults = {
  'key-expired': () => refused({ code: 401, message: 'Not a valid key' }),
  /** With `when: after`: a success that names another session. */
  'other-session': (_: SimulatedRequest, proper: SimulatedAnswer | undefined) =>
    altered(proper, (data) => ({ sessionInstanceId: Number(data['sessionInstanceId']) + 1 })),
  /** With `when: after`: a success that names another patient. */
  'other-patient': (_: SimulatedRequest, proper: SimulatedAnswer | undefined) =>
    altered(proper, (data) => ({ patientId: Number(data['patientId']) + 1 })),
  /** With `when: after`: a success at one in the morning of the same day. */
  'other-time': (_: SimulatedRequest, proper: SimulatedAnswer | undefined) =>
    altered(proper, (data) => ({ appointmentAt: `${String(data['appointmentAt']).slice(0, 10)} 01:00:00` })),
};

export async function createHmisSimulator(options: HmisSimulatorOptions): Promise<HmisSimulation> {
  const { data, now = Date.now, random = Math.random } = options;
  const state = createState({ data, zone: options.zone ?? data.zone, now, random });
  const bookings = createBookings(state);
  for (const booking of datedBookings(state)) bookings.add({ ...booking, paymentMethod: 'Cash' });
  for (const session of state.sessions) {
    for (let place = 0; place < session.booked; place += 1) {
      bookings.add({ session, patientId: undefined, paymentMethod: 'Cash' });
    }
  }
  const notifier = createNotifier(`${data.contextRoot}/ws/notify`, state.knobs);
  const desk = createDesk(state, bookings);

  const turn = (knobs: Partial<Knobs>): void => {
    Object.assign(state.knobs, knobs);
    // What a session's status says depends on them.
    for (const session of state.sessions) session.json = undefined;
  };

  const hmis: HmisInspection = {
    bookings: () =>
      [...state.bookings.values()].map((booking) => ({
        bookingId: booking.id,
        serialNo: booking.serialNo,
        status: booking.status,
        cancelled: isCancelled(booking),
        sessionInstanceId: booking.session.id,
        patientId: booking.patientId,
        appointmentAt: booking.appointmentAt,
        createdAt: booking.createdAt,
        retired: booking.retired,
      })),
    institutions: () => data.institutions,
    patients: () => state.patients.map((patient) => ({ ...patient })),
    sessions: () =>
      state.sessions.map((session) => ({
        id: session.id,
        consultantId: session.consultant.id,
        institutionCode: session.institution.code,
        name: session.name,
        start: session.start,
        capacity: session.maxNo,
        status: statusOf(session, state.knobs.enforceCapacity),
      })),
    knobs: state.knobs,
    turn,
    desk: (action) => {
      desk.act(action);
    },
  };

  const turnKnobs = ({ body }: SimulatedRequest): SimulatedAnswer => {
    const parsed = KnobsSchema.partial().safeParse(body);
    if (!parsed.success) return { status: 400, body: { problems: parsed.error.issues.map(({ message }) => message) } };
    turn(body as Partial<Knobs>);
    return { status: 200, body: state.knobs };
  };

  const simulation = await createSimulationServer({
    host: options.host,
    port: options.port,
    now,
    handle: createRoutes(state, bookings, notifier),
    malformedJson: () => refused({ code: 400, message: 'Malformed JSON' }),
    systemFaults,
    actions: {
      'POST desk': ({ body }) => desk.answer(body),
      'POST knobs': turnKnobs,
      'GET knobs': () => ({ status: 200, body: state.knobs }),
      'GET bookings': () => ({ status: 200, body: { bookings: hmis.bookings() } }),
      'GET sessions': () => ({ status: 200, body: { sessions: hmis.sessions() } }),
    },
    onUpgrade: (request, socket, head) => notifier.upgrade(request, socket, head),
    onClose: () => notifier.close(),
  });
  return { ...simulation, hmis };
}
