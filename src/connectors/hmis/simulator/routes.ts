/** The addresses of the documented API, `<context root>/api/…`: who may call them and what they answer. */
import { z } from 'zod';
import { containerPage } from '../../simulation/misbehave.js';
import { isJsonType, type SimulatedAnswer, type SimulatedRequest } from '../../simulation/messages.js';
import type { Bookings } from './bookings.js';
import type { Notifier } from './notify.js';
import { registerPatient, searchPatients } from './patients.js';
import type { Booking, HmisState, Session } from './state.js';
import * as wire from './wire.js';

interface Route {
  readonly method: string;
  readonly path: RegExp;
  readonly open?: boolean;
  readonly answer: (request: SimulatedRequest, id: number) => SimulatedAnswer | Promise<SimulatedAnswer>;
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?$/;
const DAY = 86_400_000;

/** Both date forms of the documents; a date alone as `toDate` means the end of that day. */
function dateParameter(query: URLSearchParams, name: string, timeOfDay: string): string | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!DATE_TIME.test(text)) throw new wire.HmisRefusal(400, `Invalid ${name}`);
  return text.length === 10 ? `${text} ${timeOfDay}` : text;
}

function idParameter(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,18}$/.test(text)) throw new wire.HmisRefusal(400, `Invalid ${name}`);
  return Number(text);
}

const id = z.int().positive();
const BookingBody = z.object({
  sessionInstanceId: id,
  patientId: id,
  paymentMethod: z.string().nullish(),
  itemId: id.nullish(),
});
const RescheduleBody = z.object({ sessionInstanceId: id });

function parseBody<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues[0]?.path.join('.');
  throw new wire.HmisRefusal(400, `Missing or invalid ${wrong === undefined || wrong === '' ? 'body' : wrong}`);
}

const CAPABILITIES = {
  status: 'success',
  data: {
    name: 'HMIS REST API',
    version: '1.0',
    description: 'Simulated',
    resources: [
      { name: 'Channel', path: '/api/channel', operations: ['GET', 'POST', 'PUT'], authentication: 'API Key' },
      { name: 'Patients', path: '/api/patients', operations: ['GET', 'POST'], authentication: 'API Key' },
    ],
  },
};

export function createRoutes(
  state: HmisState,
  bookings: Bookings,
  notifier: Notifier,
): (request: SimulatedRequest) => Promise<SimulatedAnswer> {
  const { clock, now, knobs } = state;

  const visible = (booking: Booking): boolean =>
    !booking.retired && (knobs.lookUpLagMs === 0 || now() - booking.createdAt >= knobs.lookUpLagMs);
  const needSession = (wanted: number): Session => {
    const session = state.sessionsById.get(wanted);
    if (!session) throw new wire.HmisRefusal(404, 'Session not found');
    return session;
  };
  const needBooking = (wanted: number): Booking => {
    const booking = state.bookings.get(wanted);
    if (!booking || booking.retired) throw new wire.HmisRefusal(404, 'Booking not found');
    return booking;
  };
  const needPatient = (wanted: number): void => {
    if (!state.patients.some((patient) => patient.id === wanted)) throw new wire.HmisRefusal(404, 'Patient not found');
  };

  const listConsultants = ({ query }: SimulatedRequest): SimulatedAnswer => {
    const speciality = idParameter(query, 'specialityId');
    const found = state.data.consultants.filter(
      (consultant) => speciality === undefined || consultant.specialityId === speciality,
    );
    return wire.success(found.map((consultant) => wire.consultantToWire(consultant, state)));
  };

  /** Whatever is dated in the window, bookable or not: "available" in the documents is not a promise. */
  const listSessions = ({ query }: SimulatedRequest): SimulatedAnswer => {
    const consultant = idParameter(query, 'consultantId');
    const from = dateParameter(query, 'fromDate', '00:00:00') ?? `${clock.format(now()).slice(0, 10)} 00:00:00`;
    const to = dateParameter(query, 'toDate', '23:59:59') ?? clock.format(now() + knobs.horizonDays * DAY);
    const all = consultant === undefined ? state.sessions : (state.sessionsByConsultant.get(consultant) ?? []);
    const found = all.filter(({ startText }) => startText >= from && startText <= to);
    return wire.successJson(`[${found.map((session) => wire.sessionJson(session, state)).join(',')}]`);
  };

  const createBooking = async ({ body }: SimulatedRequest): Promise<SimulatedAnswer> => {
    const asked = parseBody(BookingBody, body);
    const session = needSession(asked.sessionInstanceId);
    needPatient(asked.patientId);
    if (asked.itemId && asked.itemId !== session.itemId) throw new wire.HmisRefusal(400, 'Invalid itemId');
    const paymentMethod = asked.paymentMethod ?? 'OnCall';
    const booking = await bookings.book({ session, patientId: asked.patientId, paymentMethod });
    notifier.send('Completed', session.id);
    return wire.created(wire.bookingToWire(booking, state), state);
  };

  const readBooking = (wanted: number): SimulatedAnswer => {
    const booking = needBooking(wanted);
    if (!visible(booking)) throw new wire.HmisRefusal(404, 'Booking not found');
    return wire.success(wire.bookingToWire(booking, state));
  };

  /** Newest first; the documents promise no order. */
  const bookingsOf = (patientId: number): SimulatedAnswer => {
    needPatient(patientId);
    const found = (state.bookingsByPatient.get(patientId) ?? []).filter(visible).reverse();
    return wire.success(found.map((booking) => wire.bookingToWire(booking, state)));
  };

  const cancel = (wanted: number): SimulatedAnswer => {
    const booking = bookings.cancel(needBooking(wanted));
    notifier.send('Cancelled', booking.session.id);
    return wire.success(wire.bookingToWire(booking, state));
  };

  const reschedule = async ({ body }: SimulatedRequest, wanted: number): Promise<SimulatedAnswer> => {
    const { sessionInstanceId } = parseBody(RescheduleBody, body);
    const moved = await bookings.reschedule(needBooking(wanted), needSession(sessionInstanceId));
    return wire.success(wire.bookingToWire(moved, state));
  };

  const routes: readonly Route[] = [
    { method: 'GET', path: /^\/channel\/sessions$/, answer: listSessions },
    {
      method: 'GET',
      path: /^\/channel\/sessions\/(\d{1,15})$/,
      answer: (_, wanted) => wire.successJson(wire.sessionJson(needSession(wanted), state)),
    },
    { method: 'POST', path: /^\/channel\/bookings$/, answer: createBooking },
    { method: 'GET', path: /^\/channel\/bookings\/(\d{1,15})$/, answer: (_, wanted) => readBooking(wanted) },
    { method: 'GET', path: /^\/channel\/bookings\/patient\/(\d{1,15})$/, answer: (_, wanted) => bookingsOf(wanted) },
    { method: 'PUT', path: /^\/channel\/bookings\/(\d{1,15})\/cancel$/, answer: (_, wanted) => cancel(wanted) },
    { method: 'PUT', path: /^\/channel\/bookings\/(\d{1,15})\/reschedule$/, answer: reschedule },
    {
      method: 'GET',
      path: /^\/channel\/specialities$/,
      answer: () => wire.success(state.data.specialities.map(wire.specialityToWire)),
    },
    { method: 'GET', path: /^\/channel\/consultants$/, answer: listConsultants },
    { method: 'GET', path: /^\/patients\/search$/, answer: ({ query }) => searchPatients(state, query) },
    { method: 'POST', path: /^\/patients$/, answer: ({ body }) => registerPatient(state, body) },
    { method: 'GET', path: /^\/capabilities$/, open: true, answer: () => ({ status: 200, body: CAPABILITIES }) },
  ];

  const root = `${state.data.contextRoot}/api`;
  const isValidKey = (key: string | string[] | undefined): boolean => {
    const end = typeof key === 'string' ? state.keys.get(key) : undefined;
    return end !== undefined && now() < end;
  };

  return async (request) => {
    if (!request.path.startsWith(`${root}/`)) return containerPage(404, 'Not Found');
    const path = request.path.slice(root.length);
    const here = routes.filter((route) => route.path.test(path));
    if (here.length === 0) return containerPage(404, 'Not Found');
    const route = here.find((candidate) => candidate.method === request.method);
    if (!route) return containerPage(405, 'Method Not Allowed');
    if (request.rawBody !== '' && !isJsonType(request.headers['content-type'])) {
      return containerPage(415, 'Unsupported Media Type');
    }
    try {
      if (!route.open && !isValidKey(request.headers['finance'])) throw new wire.HmisRefusal(401, 'Not a valid key');
      return await route.answer(request, Number(route.path.exec(path)?.[1] ?? 0));
    } catch (error) {
      if (error instanceof wire.HmisRefusal) return wire.refused(error);
      throw error;
    }
  };
}
