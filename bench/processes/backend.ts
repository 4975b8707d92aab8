/**
 * The practice system of the benchmarks: as little as can answer the calls of HMIS's documented API that the
 * scenarios make. A listing is the same bytes every time, and no call waits for anything.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dateAhead, listing, longListing, LONGEST_SEARCH, patients, singlePlace, singleSession } from '../practice.js';

const envelope = (code: number, data: unknown): Buffer =>
  Buffer.from(JSON.stringify({ status: 'success', code, data }));

const LISTING = envelope(200, listing());
const LONG_LISTING = envelope(200, longListing());
/** Of the search that fills its fourteen days. */
const LAST_DAY = `toDate=${dateAhead(LONGEST_SEARCH)}`;
const PATIENTS = envelope(200, patients());
const SESSION = /\/channel\/sessions\/(\d+)$/;

function answer(response: ServerResponse, status: number, body: Buffer): void {
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

let bookings = 0;

function book(response: ServerResponse, text: string): void {
  const { sessionInstanceId, patientId } = JSON.parse(text) as { sessionInstanceId: number; patientId: number };
  bookings += 1;
  const { date, time } = singlePlace(sessionInstanceId);
  const booking = {
    bookingId: bookings,
    serialNo: 1,
    status: 'ACTIVE',
    sessionInstanceId,
    patientId,
    institutionId: 10,
    appointmentAt: `${date} ${time}`,
    paymentMethod: 'OnCall',
    total: 25,
    paid: false,
    createdAt: `${date} ${time}`,
    cancelled: false,
  };
  answer(response, 201, envelope(201, booking));
}

function receive(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '';
  const single = SESSION.exec(url)?.[1];
  if (single !== undefined) answer(response, 200, envelope(200, singleSession(Number(single))));
  else if (url.includes('/channel/sessions?')) answer(response, 200, url.includes(LAST_DAY) ? LONG_LISTING : LISTING);
  else if (url.includes('/patients/search?')) answer(response, 200, PATIENTS);
  else {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => (text += chunk));
    request.on('end', () => book(response, text));
  }
}

const server = createServer({ keepAliveTimeout: 60_000 }, receive);
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.once('SIGINT', () => process.exit(0));
