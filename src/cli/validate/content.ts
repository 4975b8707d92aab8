/** Bytes of a file to text. */
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import type { InputFormat } from './inputs.js';

/** The bytes are no text that FHIR allows. */
export class EncodingFault extends Error {
  constructor(
    message: string,
    readonly line: number,
    readonly column: number,
  ) {
    super(message);
  }
}

/** The file can't be worked on. */
export class Unreadable extends Error {}

const LARGEST = 500_000_000;
const CHUNK = 1 << 20;
const NEWLINE = 10;

/** Throws `Unreadable`, or what the file system throws. */
export function readBytes(file: string): Buffer {
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    if (size > LARGEST) {
      const limit = LARGEST / 1_000_000;
      throw new Unreadable(`It is larger than ${limit} MB; split it, or give its resources as NDJSON, a line each.`);
    }
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** The lines of a file of any length, one in memory at a time. */
export function* linesOfFile(file: string): Generator<Buffer> {
  const descriptor = openSync(file, 'r');
  try {
    const chunk = Buffer.alloc(CHUNK);
    let parts: Buffer[] = [];
    let held = 0;
    for (let length = readSync(descriptor, chunk); length > 0; length = readSync(descriptor, chunk)) {
      let start = 0;
      for (let end = chunk.indexOf(NEWLINE); end >= 0 && end < length; end = chunk.indexOf(NEWLINE, start)) {
        yield Buffer.concat([...parts, chunk.subarray(start, end)]);
        [parts, held, start] = [[], 0, end + 1];
      }
      held += length - start;
      if (held > LARGEST) throw new Unreadable(`It has a line of more than ${LARGEST / 1_000_000} MB; split it.`);
      if (start < length) parts.push(Buffer.from(chunk.subarray(start, length)));
    }
    if (held > 0) yield Buffer.concat(parts);
  } finally {
    closeSync(descriptor);
  }
}

export function* linesOf(bytes: Buffer): Generator<Buffer> {
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(NEWLINE, start);
    yield bytes.subarray(start, end < 0 ? bytes.length : end);
    start = end < 0 ? bytes.length : end + 1;
  }
}

/** Without a byte order mark. Throws `EncodingFault`, whose lines count from the first of these bytes. */
export function toText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const [first = 0, second = 0] = bytes;
    if (first + second === 0xfe + 0xff && Math.abs(first - second) === 1)
      throw new EncodingFault('The file is UTF-16; FHIR is UTF-8, so save it as that.', 1, 1);
    const before = new TextDecoder().decode(bytes).split('\ufffd', 1)[0] ?? '';
    const line = before.split('\n').length;
    const column = before.length - before.lastIndexOf('\n');
    throw new EncodingFault('The bytes here are no UTF-8; save the file in that encoding.', line, column);
  }
}

/** What content without a telling name is, by how it begins: several lines that are JSON each are NDJSON. */
export function formatOfContent(text: string): InputFormat {
  const start = /[^\s]/.exec(text)?.index ?? 0;
  if (text[start] === '<') return 'xml';
  const end = text.indexOf('\n', start);
  if (end < 0 || text[start] !== '{' || text.slice(end).trim() === '') return 'json';
  try {
    JSON.parse(text.slice(start, end));
    return 'ndjson';
  } catch {
    return 'json';
  }
}
