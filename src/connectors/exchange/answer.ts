/** An answer taken off the wire: bounded, decoded, and JSON, or a fault with a reason from a closed list. */
import { isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { Dispatcher } from 'undici';

export interface Answer {
  readonly status: number;
  /** The parsed body; untrusted. `undefined` only where the request allows an empty one. */
  readonly json: unknown;
  /** Length after decoding. */
  readonly bytes: number;
}

export type AnswerFaultReason =
  | 'redirect'
  | 'server-error'
  | 'throttled'
  | 'content-type'
  | 'content-encoding'
  | 'too-large'
  | 'truncated'
  | 'not-utf8'
  | 'not-json';

/** Why an answer is none. Holds nothing of the answer itself. */
export class AnswerFault extends Error {
  override readonly name = 'AnswerFault';
  constructor(
    readonly reason: AnswerFaultReason,
    readonly status: number | undefined,
  ) {
    super(reason);
  }
}

export interface AnswerRules {
  readonly contentTypes: readonly string[];
  readonly maxBytes: number;
  readonly allowEmpty: boolean;
}

const unzip = promisify(gunzip);
const CHUNK_BYTES = 16 * 1024;

/**
 * As large as its end says that the whole is (https://www.rfc-editor.org/rfc/rfc1952, ISIZE), and a byte more, so that it
 * need not be joined from pieces, which takes twice the memory. Whoever lies about it gets pieces.
 */
function chunkFor(gzipped: Buffer, maxBytes: number): number {
  const said = gzipped.length < 4 ? 0 : gzipped.readUInt32LE(gzipped.length - 4);
  return Math.max(CHUNK_BYTES, Math.min(said, maxBytes) + 1);
}

function headerText(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim().toLowerCase();
}

function isExpectedType(header: string, expected: readonly string[]): boolean {
  const [type = '', ...parameters] = header.split(';').map((part) => part.trim());
  const charset = parameters
    .find((part) => part.startsWith('charset='))
    ?.slice(8)
    .replaceAll('"', '');
  return expected.includes(type) && (charset === undefined || charset === 'utf-8' || charset === 'utf8');
}

/** Above it the values of an answer are counted before they are made: 4 MiB of empty lists come to a hundred of memory. */
const LARGE_BYTES = 256 * 1024;
const MOST_VALUES = 100_000;
const MOST_LEVELS = 32;
const MOST_TEXT_BYTES = 64 * 1024;

const [QUOTE, BACKSLASH, COMMA, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [
  0x22, 0x5c, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d,
];

/** Whether JSON, well-formed or not, holds no more values and levels, and no longer texts, than an honest answer would. */
function isModest(json: Buffer): boolean {
  let [values, levels] = [0, 0];
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === QUOTE) {
      const begin = at;
      for (at += 1; at < json.length && json[at] !== QUOTE; at += 1) if (json[at] === BACKSLASH) at += 1;
      if (at - begin > MOST_TEXT_BYTES) return false;
    } else if (byte === COMMA) values += 1;
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      values += 1;
      levels += 1;
      if (levels > MOST_LEVELS) return false;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) levels -= 1;
    if (values > MOST_VALUES) return false;
  }
  return true;
}

async function collect(body: Dispatcher.ResponseData['body'], status: number, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new AnswerFault('too-large', status);
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length);
}

async function decode(raw: Buffer, encoding: string, status: number, maxBytes: number): Promise<Buffer> {
  if (encoding === '' || encoding === 'identity') return raw;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') throw new AnswerFault('content-encoding', status);
  try {
    return await unzip(raw, { maxOutputLength: maxBytes, chunkSize: chunkFor(raw, maxBytes) });
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw new AnswerFault(tooLarge ? 'too-large' : 'content-encoding', status);
  }
}

/** Throws `AnswerFault`; lets an abort or a broken connection through as it came. */
export async function takeAnswer(response: Dispatcher.ResponseData, rules: AnswerRules): Promise<Answer> {
  const { statusCode: status, headers, body } = response;
  try {
    if (status >= 300 && status < 400) throw new AnswerFault('redirect', status);
    if (status >= 500) throw new AnswerFault('server-error', status);
    if (status === 408 || status === 425 || status === 429) throw new AnswerFault('throttled', status);
    const declared = Number(headerText(headers['content-length']) || '0');
    if (declared > rules.maxBytes) throw new AnswerFault('too-large', status);
    const type = headerText(headers['content-type']);
    const typed = isExpectedType(type, rules.contentTypes);
    if (!typed && !(rules.allowEmpty && type === '')) throw new AnswerFault('content-type', status);

    const raw = await collect(body, status, rules.maxBytes);
    if (raw.length === 0 && rules.allowEmpty) return { status, json: undefined, bytes: 0 };
    if (!typed) throw new AnswerFault('content-type', status);
    const decoded = await decode(raw, headerText(headers['content-encoding']), status, rules.maxBytes);
    if (!isUtf8(decoded)) throw new AnswerFault('not-utf8', status);
    if (decoded.length > LARGE_BYTES) {
      if (!isModest(decoded)) throw new AnswerFault('too-large', status);
      // Counting and making are two turns, so that others have theirs between them.
      await nextTurn();
    }
    return { status, json: parseJson(decoded, status), bytes: decoded.length };
  } catch (error) {
    // The rest of a body that nobody will read must not keep the socket.
    body.on('error', () => undefined).destroy();
    throw error;
  }
}

function parseJson(decoded: Buffer, status: number): unknown {
  try {
    return JSON.parse(decoded.toString('utf8'));
  } catch {
    throw new AnswerFault('not-json', status);
  }
}

/** Whether an error of undici means that what came back was no HTTP. Its parser's errors do not all carry a code. */
export function isMalformedHttp(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = errorCode(error);
  return (
    error.name === 'HTTPParserError' ||
    code === 'UND_ERR_HEADERS_OVERFLOW' ||
    code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
  );
}

/** The machine-readable code of a failure, never its message: messages quote what was sent and received. */
export function errorCode(error: unknown): string {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : 'no-code';
}
