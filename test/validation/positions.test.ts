import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsonPositions, duplicateNames, jsonFault, locateJson } from '../../src/validation/positions/json.js';

const TEXT = `{
  "resourceType": "Patient",
  "name": [
    { "given": ["Ada", "B\\"]"] }, { "family": "Q\\u0065" }
  ],
  "a/b~c": {"\\u0061": null},
  "list": [[], [[1, -2.5e3]], {}]
}`;

function positionOf(pointer: string): string | undefined {
  const position = locateJson(TEXT, [pointer]).get(pointer);
  return position && `${position.line}:${position.column}`;
}

describe('positions', () => {
  it.each([
    ['', '1:1'],
    ['/resourceType', '2:19'],
    ['/name', '3:11'],
    ['/name/0', '4:5'],
    ['/name/0/given', '4:16'],
    ['/name/0/given/1', '4:24'],
    ['/name/1/family', '4:47'],
    ['/a~1b~0c', '6:12'],
    ['/a~1b~0c/a', '6:23'],
    ['/list/0', '7:12'],
    ['/list/1/0/1', '7:21'],
    ['/list/2', '7:31'],
  ])('%s stands at %s', (pointer, position) => {
    expect(positionOf(pointer)).toBe(position);
  });

  it.each(['/none', '/name/2', '/name/x', '/resourceType/0', '/list/0/0', '/list/2/a', '/__proto__'])(
    'nothing stands at %s',
    (pointer) => {
      expect(positionOf(pointer)).toBeUndefined();
    },
  );

  it('are found in one go, and one by one', () => {
    const pointers = ['/name', '/name/0/given/0', '/none', ''];
    const positions = locateJson(TEXT, pointers);
    expect([...positions.keys()].sort()).toEqual(['', '/name', '/name/0/given/0']);
    const position = createJsonPositions(TEXT);
    for (const pointer of pointers) expect(position(pointer)).toEqual(positions.get(pointer));
  });

  it('are those of the last of two properties, which is the one readers see', () => {
    expect(locateJson('{"a":1,\n"a":2}', ['/a']).get('/a')).toEqual({ line: 2, column: 5 });
  });

  it('count neither a byte order mark nor carriage returns', () => {
    expect(locateJson('\ufeff{\r\n"a": 1}', ['', '/a'])).toEqual(
      new Map([
        ['', { line: 1, column: 1 }],
        ['/a', { line: 2, column: 6 }],
      ]),
    );
  });

  it('are right in any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.nat(2), (json, indent) => {
        const value: unknown = JSON.parse(json);
        const text = JSON.stringify(value, null, indent);
        const places = everyPlace(value, '');
        const positions = locateJson(text, places.keys());
        const lines = text.split('\n');
        for (const [pointer, inner] of places) {
          const position = positions.get(pointer);
          const rest = lines[(position?.line ?? 0) - 1]?.slice((position?.column ?? 0) - 1) ?? '';
          const start = JSON.stringify(inner).slice(0, typeof inner === 'object' && inner !== null ? 1 : undefined);
          expect(rest.startsWith(start)).toBe(true);
        }
      }),
    );
  });
});

function everyPlace(value: unknown, pointer: string, places = new Map<string, unknown>()): Map<string, unknown> {
  places.set(pointer, value);
  if (typeof value === 'object' && value !== null)
    for (const [name, inner] of Object.entries(value))
      everyPlace(inner, `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, places);
  return places;
}

describe('duplicate names', () => {
  it('are found in each object by itself, however they are written', () => {
    const text = '{"a":[{"b":1},\n{"b":1,"c":{"b":2},"\\u0062":3}],"__proto__":1,\n "__proto__":2}';
    expect(duplicateNames(text)).toEqual([
      { pointer: '/a/1/b', name: 'b', line: 2, column: 20 },
      { pointer: '/__proto__', name: '__proto__', line: 3, column: 2 },
    ]);
  });

  it('are capped', () => {
    expect(duplicateNames(`{${'"a":1,'.repeat(500)}"a":1}`)).toHaveLength(100);
    expect(duplicateNames(`{${'"a":1,'.repeat(500)}"a":1}`, 3)).toHaveLength(3);
  });
});

describe('faults', () => {
  it.each([
    ['', '1:1', 'The text is empty'],
    [' \n ', '2:2', 'The text is empty'],
    ['{"a":1,}', '1:8', 'has a comma after it; remove it'],
    ['[1,\n]', '2:1', 'has a comma after it; remove it'],
    ['{"a" 1}', '1:6', 'A colon was expected'],
    ['{a:1}', '1:2', 'in double quotes was expected, not "a"'],
    ["{'a':1}", '1:2', 'not a single quote'],
    ['{"a":1 "b":2}', '1:8', 'A comma or "}" was expected after the value, not a double quote'],
    ['[1 2]', '1:4', 'A comma or "]" was expected after the value, not "2"'],
    ['{"a":1', '1:7', 'ends before an object is closed; 1 closing bracket is missing'],
    ['[{"a":[', '1:8', 'ends before a list is closed; 3 closing brackets are missing'],
    ['{"a":"b\nc"}', '1:8', 'has a line break in it'],
    ['"abc', '1:1', 'is not closed'],
    ['"abc\\', '1:1', 'is not closed'],
    ['"a\\x"', '1:3', 'begins no escape'],
    ['"\\u12"', '1:2', 'begins no escape'],
    ['[01]', '1:2', 'a zero that does not belong'],
    ['[1.]', '1:3', 'no digit after its point'],
    ['[1e+]', '1:3', 'no digit in its exponent'],
    ['[NaN]', '1:2', 'A value was expected, not "N"'],
    ['{} // words', '1:4', 'goes on after its end: a comment'],
    ['nullx', '1:5', 'goes on after its end: "x"'],
    ['[\u00a0]', '1:2', 'not U+00A0'],
    ['\ufeff{}', '1:1', 'byte order mark'],
  ])('%j at %s', (text, position, message) => {
    const fault = jsonFault(text);
    expect(`${fault?.line}:${fault?.column}`).toBe(position);
    expect(fault?.message).toContain(message);
  });

  it('are found exactly where JSON.parse refuses', () => {
    const snippets = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '\\',
      'null',
      'tru',
      '-',
      '0',
      '1',
      '.',
      'e',
      '\n',
      ' ',
    ];
    const text = fc.oneof(
      fc.array(fc.constantFrom(...snippets), { maxLength: 12 }).map((parts) => parts.join('')),
      fc.tuple(fc.json(), fc.nat(), fc.constantFrom(...snippets, '')).map(([json, at, snippet]) => {
        const place = at % (json.length + 1);
        return json.slice(0, place) + snippet + json.slice(place + 1);
      }),
    );
    fc.assert(
      fc.property(text, (one) => {
        expect(jsonFault(one) === undefined).toBe(isParsed(one));
      }),
      { numRuns: 3_000 },
    );
  });
});

function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('hostile text', () => {
  /** Everything linear stays far below this, even on a busy machine. */
  const KILL_AFTER_MS = 60_000;
  const START = `
    const { module } = require('node:worker_threads').workerData;
    import('tsx/esm/api').then((tsx) => tsx.register()).then(() => import(module));
  `;

  function readInWorker(name: string): Promise<{ readonly milliseconds: number }> {
    const module = new URL('./positions-worker.ts', import.meta.url).href;
    const worker = new Worker(START, { eval: true, workerData: { module, name }, execArgv: [] });
    return new Promise<{ readonly milliseconds: number }>((resolve, reject) => {
      const kill = setTimeout(() => reject(new Error(`No answer after ${KILL_AFTER_MS} ms.`)), KILL_AFTER_MS);
      worker.once('message', (answer: { readonly milliseconds: number }) => {
        clearTimeout(kill);
        resolve(answer);
      });
      worker.once('error', reject);
    }).finally(() => worker.terminate());
  }

  it.each([
    ['lists 100,000 deep', { found: 2, duplicates: 0 }],
    ['objects 100,000 deep', { found: 1, duplicates: 0 }],
    ['unclosed lists', { fault: expect.stringContaining('100000 closing brackets are missing') }],
    ['100 MB of small objects', { found: 2, duplicates: 0, fault: undefined }],
    ['100 MB in one string', { found: 1 }],
    ['100 MB of backslashes', { found: 1 }],
    ['100 MB of space', { found: 0 }],
    ['100 MB of lines', { found: 1 }],
  ])(
    'is read in time: %s',
    async (name, expected) => {
      const answer = await readInWorker(name);
      expect(answer).toMatchObject(expected);
    },
    KILL_AFTER_MS + 5_000,
  );
});
