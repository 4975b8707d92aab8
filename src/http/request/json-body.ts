/**
 * Reads a JSON body from bytes, within bounds. The text is scanned once before it is parsed, because a parser accepts
 * depths that later kill whoever walks the value, and drops the first of two equal keys without a word.
 */
import { GatewayError } from '../../domain/errors.js';

export const BODY_LIMITS = {
  bytes: 256 * 1024,
  depth: 32,
  keys: 5_000,
  arrayItems: 1_000,
  stringLength: 64 * 1024,
} as const;

const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

function refuse(message: string): never {
  throw new GatewayError('bad-request', message);
}

interface Level {
  /** `undefined` for an array. */
  readonly keys: Set<string> | undefined;
  items: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Position after the closing quote of the string that opens at `start`. */
function endOfString(text: string, start: number): number {
  let position = start + 1;
  for (;;) {
    const code = text.charCodeAt(position);
    if (Number.isNaN(code)) refuse('The body is not well-formed JSON: a text is not closed');
    if (code === QUOTE) return position + 1;
    position += code === BACKSLASH ? 2 : 1;
    if (position - start - 1 > BODY_LIMITS.stringLength) refuse('The body holds a text of more than 64 KiB');
  }
}

/** Checks bounds and keys in one pass; well-formedness beyond that is the parser's to judge. */
function scan(text: string): void {
  const levels: Level[] = [];
  let keys = 0;
  for (let position = 0; position < text.length;) {
    const character = text[position];
    switch (character) {
      case '"': {
        const end = endOfString(text, position);
        const level = levels[levels.length - 1];
        if (level?.keys && isKey(text, end)) {
          keys += 1;
          if (keys > BODY_LIMITS.keys) refuse('The body has more than 5,000 elements');
          addKey(level.keys, text.slice(position, end));
        }
        position = end;
        continue;
      }
      case '{':
      case '[':
        levels.push({ keys: character === '{' ? new Set() : undefined, items: 0 });
        if (levels.length > BODY_LIMITS.depth) refuse('The body is nested more than 32 levels deep');
        break;
      case '}':
      case ']':
        levels.pop();
        break;
      case ',': {
        const level = levels[levels.length - 1];
        if (level && !level.keys) {
          level.items += 1;
          if (level.items >= BODY_LIMITS.arrayItems) refuse('The body has an array of more than 1,000 items');
        }
        break;
      }
      default:
    }
    position += 1;
  }
}

function isKey(text: string, from: number): boolean {
  let position = from;
  while (text[position] === ' ' || text[position] === '\n' || text[position] === '\r' || text[position] === '\t') {
    position += 1;
  }
  return text[position] === ':';
}

function addKey(keys: Set<string>, quoted: string): void {
  let key: unknown;
  try {
    key = JSON.parse(quoted);
  } catch {
    refuse('The body is not well-formed JSON: a key is malformed');
  }
  const name = String(key);
  if (FORBIDDEN_KEYS.has(name)) refuse('The body has a key that is not allowed');
  if (keys.has(name)) refuse('The body has the same key twice in one object');
  keys.add(name);
}

/** A number of this form may be too large for anything but `Infinity`. */
const PERHAPS_INFINITE = /\d[eE]\+?\d{3}|(?<!\d)\d{200}/;

/** NUL and half a surrogate pair cannot be stored or sent on faithfully. */
function hasBadCharacters(text: string): boolean {
  return text.includes('\u0000') || /\\u0000|\\u[dD][89a-fA-F][0-9a-fA-F]{2}/.test(text) || !text.isWellFormed();
}

export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) refuse('The body is empty. Send a resource');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    refuse('The body is not UTF-8');
  }
  scan(text);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the body, which may hold patient data.
    refuse('The body is not well-formed JSON');
  }
  if ((hasBadCharacters(text) || PERHAPS_INFINITE.test(text)) && !isClean(value)) {
    refuse('The body holds a NUL, an incomplete character or a number too large to be one');
  }
  return value;
}

function isClean(value: unknown): boolean {
  if (typeof value === 'string') return !value.includes('\u0000') && value.isWellFormed();
  if (typeof value === 'number') return Number.isFinite(value);
  if (value === null || typeof value !== 'object') return true;
  return Object.entries(value).every(([key, part]) => isClean(key) && isClean(part));
}
