/** An answer taken off the wire: bounded, decoded, and JSON, or a fault with a reason from a closed list. */
import { isUtf8 } from 'node:buffer';
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
    return await unzip(raw, { maxOutputLength: maxBytes });
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
