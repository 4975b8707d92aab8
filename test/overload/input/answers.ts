/** The worst that a practice system can answer to a read: bodies just below the largest that is taken, and beyond it. */
import { Readable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { EXCHANGE_LIMITS } from '../../../src/connectors/exchange/line.js';
import { envelope } from '../../../bench/practice-answers.js';
import { longListing } from '../../../bench/practice.js';

type Send = (response: ServerResponse) => void;

const LARGEST = EXCHANGE_LIMITS.maxBytes;
const JSON_TYPE = { 'content-type': 'application/json' };
const ENDLESS_BYTES = 64 * LARGEST;

/** `item` as often as it fits between the two ends. */
function filled(begin: string, item: (at: number) => string, end: string): string {
  const parts = [begin];
  let length = begin.length + end.length;
  for (let at = 0; ; at += 1) {
    const part = item(at);
    length += Buffer.byteLength(part);
    if (length > LARGEST) break;
    parts.push(part);
  }
  return parts.join('') + end;
}

function whole(text: () => string): () => Send {
  return () => {
    const body = Buffer.from(text());
    return (response) => void response.writeHead(200, JSON_TYPE).end(body);
  };
}

const inEnvelope = (item: (at: number) => string, last: string): (() => Send) =>
  whole(() => filled('{"status":"success","code":200,"data":[', item, `${last}]}`));

const ROWS = longListing();
const rowAt = (at: number): string => JSON.stringify({ ...ROWS[at % ROWS.length], id: 30_000 + at });
/** Of this form, in an answer that is taken: each is counted with its members. */
const MOST_ROWS = Math.floor(100_000 / (Object.keys(ROWS[0] ?? {}).length + 1)) - 1;

function packed(bytes: number): () => Send {
  return () => {
    const body = gzipSync(Buffer.alloc(bytes, ' '));
    return (response) => void response.writeHead(200, { ...JSON_TYPE, 'content-encoding': 'gzip' }).end(body);
  };
}

function endless(): Send {
  const piece = Buffer.alloc(65_536, '[],');
  return (response) => {
    response.writeHead(200, JSON_TYPE);
    let sent = 0;
    const body = new Readable({
      read() {
        sent += piece.length;
        this.push(sent > ENDLESS_BYTES ? null : piece);
      },
    });
    response.once('close', () => body.destroy());
    body.pipe(response);
  };
}

/** Not hostile: what an answer costs whose every row is used. Held against no gate. */
export const RIGHT_ANSWER = 'as many right rows as are taken';

export const ANSWERS: ReadonlyMap<string, () => Send> = new Map<string, () => Send>([
  ['a body without an end', () => endless()],
  ['64 times the largest body, packed', packed(ENDLESS_BYTES)],
  ['the largest body, packed', packed(LARGEST - 1)],
  ['empty lists', inEnvelope(() => '[],', '[]')],
  ['empty objects', inEnvelope(() => '{},', '{}')],
  ['numbers', inEnvelope(() => '0,', '0')],
  ['fractions', inEnvelope(() => '.5e1,'.replace('.', '0.'), '0.5')],
  ['short texts', inEnvelope((at) => `"${(at % 100_000).toString(36)}",`, '""')],
  ['objects, each with another name inside', inEnvelope((at) => `{"${at.toString(36)}":0},`, '{}')],
  ['one object of many names', whole(() => filled('{', (at) => `"${at.toString(36)}":0,`, '"":0}'))],
  ['lists in lists', whole(() => '['.repeat(LARGEST / 2) + ']'.repeat(LARGEST / 2))],
  ['objects in objects', whole(() => '{"":'.repeat(LARGEST / 5) + '0' + '}'.repeat(LARGEST / 5))],
  ['one text', whole(() => filled('"', () => 'x', '"'))],
  ['one text, with a character beyond Latin-1 at its end', whole(() => filled('"', () => 'x', 'ā"'))],
  ['one text of escapes', whole(() => filled('"', () => '\\u0101', '"'))],
  [
    RIGHT_ANSWER,
    whole(() =>
      envelope(
        200,
        Array.from({ length: MOST_ROWS }, (_, at) => JSON.parse(rowAt(at)) as unknown),
      ).toString(),
    ),
  ],
  ['more right rows', inEnvelope((at) => `${rowAt(at)},`, rowAt(0))],
  [
    'headers of 100 KB',
    () => (response) => void response.writeHead(200, { ...JSON_TYPE, 'x-long': 'x'.repeat(100_000) }).end('[]'),
  ],
]);
