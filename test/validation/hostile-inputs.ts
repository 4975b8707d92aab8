/** Inputs made to hurt a validator: too deep, too wide, or built for a pattern that back-tracks. */
import { validResource } from './resources.js';

function nested(levels: number): unknown {
  let extension: unknown = { url: 'urn:x', valueString: 'x' };
  for (let level = 0; level < levels; level += 1) extension = { url: 'urn:x', extension: [extension] };
  return { ...validResource('Patient'), extension: [extension] };
}

/** A tree that is small in memory and immense to walk: each level holds the one below ten times. */
function laughing(levels: number): unknown {
  let extension: unknown = { url: 'urn:x', valueString: 'x' };
  for (let level = 0; level < levels; level += 1) extension = { url: 'urn:x', extension: Array(10).fill(extension) };
  return { ...validResource('Patient'), extension: [extension] };
}

const appointment = (change: object): unknown => ({ ...validResource('Appointment'), ...change });
const times = (count: number, item: unknown): unknown[] => Array<unknown>(count).fill(item);

export const HOSTILE: Readonly<Record<string, () => unknown>> = {
  'an extension 100,000 levels deep': () => nested(100_000),
  'an extension 30 levels deep': () => nested(30),
  'arrays 100,000 levels deep': () => JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`) as unknown,
  'ten to the power of 20 extensions': () => laughing(20),
  'a __proto__ key at every level': () =>
    JSON.parse(
      '{"resourceType":"Patient","__proto__":{"active":true},"name":[{"__proto__":{"family":"x"}}]}',
    ) as unknown,
  '6,000 faulty list items': () => appointment({ slot: times(6_000, { reference: 'Patient/1', x: 1 }) }),
  '19,000 numbers where objects belong': () => appointment({ identifier: times(19_000, 1) }),
  '200,000 numbers where objects belong': () => appointment({ identifier: times(200_000, 1) }),
  '100,000 references': () => appointment({ slot: times(100_000, { reference: 'Slot/1' }) }),
  '600,000 list items': () => appointment({ slot: times(600_000, 1) }),
  '100,000 unknown elements': () =>
    appointment(Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`x${index}`, 1]))),
  '15,000 empty objects': () => appointment({ participant: times(15_000, {}) }),
  'a code of thirty letters and two spaces': () => appointment({ language: `${'a'.repeat(30)}  ` }),
  'a code of 100,000 words': () => appointment({ language: `${'a '.repeat(100_000)}\t` }),
  'base64 of 97 digits and a star': () => ({
    resourceType: 'Binary',
    contentType: 'a/b',
    content: `${'A'.repeat(97)}*`,
  }),
  'base64 of a megabyte of space': () => ({
    resourceType: 'Binary',
    contentType: 'a/b',
    content: ' '.repeat(1_048_576),
  }),
  'a megabyte of everything': () => {
    const long = [' a', '=', '1.', '\u2003', '<div>', '2026-', 'urn:oid:1.'].map((part) => part.repeat(90_000));
    return appointment({
      ...Object.fromEntries(
        ['id', 'start', 'created', 'comment', 'implicitRules', 'status'].map((key) => [key, long[0]]),
      ),
      extension: long.flatMap((text) =>
        ['Uri', 'Code', 'Oid', 'Id', 'Date', 'DateTime', 'Instant', 'Time', 'Base64Binary', 'Markdown'].map((type) => ({
          url: 'urn:x',
          [`value${type}`]: text,
        })),
      ),
    });
  },
};
