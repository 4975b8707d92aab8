/**
 * New inputs from old ones. Half of the changes know nothing of form (bits, bytes, spans); the others know what nearly
 * all of our inputs are made of: words, quoted texts, numbers, tags, and lines that are JSON.
 */
import type { Dice } from './dice.js';

/** Never longer than `MOST_BYTES`. `others` are what may be spliced in. */
export type Mutate = (input: Buffer, others: readonly Buffer[]) => Buffer;

export const MOST_BYTES = 8 * 1024;

const TOKEN = /"(?:[^"\\]|\\.)*"|<[^<>]*>|-?\d+(?:\.\d+)?|[A-Za-z_][\w-]*|\S/g;
const NUMBERS = ['0', '-1', '1', '255', '65536', '99999', '2147483648', '9007199254740993', '1e308', '1e999', '0.5'];
const BYTES = [0x00, 0x0a, 0x20, 0x22, 0x27, 0x2c, 0x5c, 0x7f, 0x80, 0xc0, 0xed, 0xef, 0xff];
const VALUES: readonly unknown[] = [null, true, false, 0, -1, 1.5, 1e300, '', ' ', '\u0000', [], {}, [[]], [null], '١'];

const join = (...parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

type Change = (input: Buffer, others: readonly Buffer[]) => Buffer;

interface Place {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string;
}

function placesIn(value: unknown, into: Place[] = []): Place[] {
  if (typeof value !== 'object' || value === null) return into;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    into.push({ holder, key });
    placesIn(holder[key], into);
  }
  return into;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

export function createMutate(dice: Dice, dictionary: readonly string[]): Mutate {
  const spanOf = (length: number, most = 64): readonly [number, number] => {
    const from = dice.below(length + 1);
    return [from, Math.min(length, from + 1 + dice.below(Math.min(most, length + 1)))];
  };
  const tokensOf = (text: string): readonly (readonly [from: number, to: number])[] =>
    [...text.matchAll(TOKEN)].map((match) => [match.index, match.index + match[0].length] as const);
  /** Bytes and characters are the same in this encoding, so places found in the text are places of the bytes. */
  const textOf = (input: Buffer): string => input.toString('latin1');
  const word = (): Buffer => Buffer.from(dictionary.length > 0 ? dice.pick(dictionary) : dice.pick(NUMBERS));

  const replaceToken = (input: Buffer, by: (old: Buffer) => Uint8Array): Buffer => {
    const tokens = tokensOf(textOf(input));
    if (tokens.length === 0) return input;
    const [from, to] = dice.pick(tokens);
    return join(input.subarray(0, from), by(input.subarray(from, to)), input.subarray(to));
  };
  /** From a start tag to the end tag of the same name that comes next. */
  const element = (text: string): readonly [number, number] | undefined => {
    const starts = [...text.matchAll(/<([A-Za-z][\w:.-]*)/g)];
    if (starts.length === 0) return undefined;
    const { index, 1: name = '' } = dice.pick(starts);
    const end = text.indexOf(`</${name}>`, index);
    const close = end < 0 ? text.indexOf('>', index) + 1 : end + name.length + 3;
    return close > index ? [index, close] : undefined;
  };

  const bytes: readonly Change[] = [
    (input) => {
      if (input.length === 0) return input;
      const copy = Buffer.from(input);
      const at = dice.below(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << dice.below(8));
      return copy;
    },
    (input) => {
      if (input.length === 0) return input;
      const copy = Buffer.from(input);
      copy[dice.below(copy.length)] = dice.below(2) === 0 ? dice.below(256) : dice.pick(BYTES);
      return copy;
    },
    (input) => {
      const at = dice.below(input.length + 1);
      const put = Buffer.from(Array.from({ length: 1 + dice.below(4) }, () => dice.below(256)));
      return join(input.subarray(0, at), put, input.subarray(at));
    },
    (input) => {
      const [from, to] = spanOf(input.length);
      return join(input.subarray(0, from), input.subarray(to));
    },
    (input) => {
      const [from, to] = spanOf(input.length);
      const times = dice.below(16) === 0 ? 40 : 1;
      const span = input.subarray(from, to);
      return join(input.subarray(0, to), ...Array.from({ length: times }, () => span), input.subarray(to));
    },
    (input, others) => {
      const other = dice.pick(others);
      return join(input.subarray(0, dice.below(input.length + 1)), other.subarray(dice.below(other.length + 1)));
    },
    (input) => {
      const at = dice.below(input.length + 1);
      return join(input.subarray(0, at), word(), input.subarray(at));
    },
  ];

  const forms: readonly Change[] = [
    (input) => replaceToken(input, () => word()),
    (input) => replaceToken(input, () => Buffer.from(dice.pick(NUMBERS))),
    (input) => replaceToken(input, () => Buffer.alloc(0)),
    (input) => replaceToken(input, (old) => join(old, old)),
    (input, others) => {
      const other = dice.pick(others);
      const tokens = tokensOf(textOf(other));
      if (tokens.length === 0) return input;
      const [from, to] = dice.pick(tokens);
      return replaceToken(input, () => other.subarray(from, to));
    },
    // Inside of a quoted text, which stays quoted.
    (input) =>
      replaceToken(input, (old) =>
        old[0] === 0x22 && old.length > 1 ? join(Buffer.from('"'), word(), Buffer.from('"')) : word(),
      ),
    // One digit, so that dates and check digits come close to what they were.
    (input) => {
      const digits = [...textOf(input).matchAll(/\d/g)].map(({ index }) => index);
      if (digits.length === 0) return input;
      const copy = Buffer.from(input);
      copy[dice.pick(digits)] = 0x30 + dice.below(10);
      return copy;
    },
    (input, others) => {
      const other = dice.pick(others);
      const [here, there] = [element(textOf(input)), element(textOf(other))];
      if (!here || !there) return json(input, others);
      const [from, to] = here;
      const kept = dice.below(3);
      if (kept === 0) return join(input.subarray(0, from), input.subarray(to));
      const put = kept === 1 ? input.subarray(from, to) : other.subarray(...there);
      return join(input.subarray(0, from), put, input.subarray(dice.below(2) === 0 ? from : to));
    },
    (input, others) => json(input, others),
    (input, others) => json(input, others),
    (input, others) => json(input, others),
  ];

  /** One change at one place of one line that is JSON. */
  function json(input: Buffer, others: readonly Buffer[]): Buffer {
    const lines = input.toString('utf8').split('\n');
    const candidates = [...lines.keys()].filter((index) => /^\s*[[{]/.test(lines[index] ?? ''));
    if (candidates.length === 0) return input;
    const at = dice.pick(candidates);
    const root = parsed(lines[at] ?? '');
    const places = placesIn(root);
    if (places.length === 0) return input;
    const { holder, key } = dice.pick(places);
    const object = holder as Record<string, unknown>;
    switch (dice.below(8)) {
      case 0:
        delete object[key];
        break;
      case 1:
        object[key] = [object[key]];
        break;
      case 2:
        object[key] = dice.pick(VALUES);
        break;
      case 3:
        object[key] = word().toString();
        break;
      case 4: {
        const lineOfOther = dice.pick(others).toString('utf8').split('\n').map(parsed);
        const found = placesIn(lineOfOther);
        if (found.length > 0) {
          const from = dice.pick(found);
          object[key] = (from.holder as Record<string, unknown>)[from.key];
        }
        break;
      }
      case 5:
        if (Array.isArray(holder)) holder.push(structuredClone(object[key]));
        else Object.defineProperty(object, word().toString(), { value: object[key], enumerable: true });
        break;
      case 6: {
        const other = dice.pick(places);
        object[key] = structuredClone((other.holder as Record<string, unknown>)[other.key]);
        break;
      }
      default: {
        const old = object[key];
        object[key] = typeof old === 'number' ? Number(dice.pick(NUMBERS)) : typeof old === 'string' ? Number(old) : '';
      }
    }
    lines[at] = JSON.stringify(root) ?? '';
    return Buffer.from(lines.join('\n'));
  }

  return (input, others) => {
    let output = input;
    do output = dice.pick(dice.below(2) === 0 ? bytes : forms)(output, others);
    while (dice.below(2) === 0);
    return output.subarray(0, MOST_BYTES);
  };
}
