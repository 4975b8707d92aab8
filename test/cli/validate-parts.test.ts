/** What `slotbridge validate` is made of, where a process would be too coarse. */
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  formatOfContent,
  linesOf,
  linesOfFile,
  readBytes,
  toText,
  Unreadable,
} from '../../src/cli/validate/content.js';
import { createProgress } from '../../src/cli/validate/report/progress.js';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'validate-parts-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('lines', () => {
  const texts = (lines: Iterable<Buffer>): readonly string[] => [...lines].map((line) => line.toString());

  it.each([
    ['none', '', []],
    ['one without an end', 'a', ['a']],
    ['blank ones', 'a\n\nb\n', ['a', '', 'b']],
    ['longer than a piece that is read at once', `${'x'.repeat(3_000_000)}\ny\n`, ['x'.repeat(3_000_000), 'y']],
    [
      'an end where a piece ends',
      `${'x'.repeat((1 << 20) - 1)}\n${'y'.repeat(9)}`,
      ['x'.repeat((1 << 20) - 1), 'y'.repeat(9)],
    ],
  ])('%s: the same from a file and from memory', (_, content, expected) => {
    const file = join(folder, 'lines.ndjson');
    writeFileSync(file, content);
    expect(texts(linesOfFile(file))).toEqual(expected);
    expect(texts(linesOf(Buffer.from(content)))).toEqual(expected);
  });
});

describe('content', () => {
  it('of a file that is too large is refused, not read', () => {
    const file = join(folder, 'large.json');
    writeFileSync(file, '');
    truncateSync(file, 500_000_001);
    expect(() => readBytes(file)).toThrow(Unreadable);
  });

  it('is text with or without a byte order mark', () => {
    expect(toText(Buffer.from('\ufeff{}'))).toBe('{}');
    expect(toText(Buffer.from('{"é": "€"}'))).toBe('{"é": "€"}');
    expect(() => toText(Buffer.from([0x7b, 0x0a, 0x22, 0xe9]))).toThrow(
      expect.objectContaining({ line: 2, column: 2 }),
    );
  });

  it.each([
    ['json', '{\n"resourceType": "Patient"}'],
    ['json', '{"resourceType": "Patient"}\n\n'],
    ['json', '[\n{}]'],
    ['json', ''],
    ['xml', '\n <Patient/>'],
    ['ndjson', '{"resourceType": "Patient"}\n{"resourceType": "Patient"}'],
    ['ndjson', '{"resourceType": "Patient"}\nwords'],
  ])('is %s by how it begins', (format, text) => {
    expect(formatOfContent(text)).toBe(format);
  });
});

describe('progress', () => {
  function steps(isTTY: boolean, times: readonly number[]): string {
    let written = '';
    const clock = [0, ...times];
    const stream = { isTTY, write: (text: string) => (written += text) } as unknown as NodeJS.WriteStream;
    const progress = createProgress(stream, 10, () => clock.shift() ?? 0);
    for (const [index] of times.entries()) progress.step(index + 1);
    progress.clear();
    return written;
  }

  it('is shown on a terminal, when a run takes more than a second, and not at every step', () => {
    expect(steps(true, [500, 1_100, 1_110, 1_300])).toBe('\r2 of 10 files (20 %)\r4 of 10 files (40 %)\r\u001b[2K');
  });

  it('is not shown for a short run, or where nobody looks', () => {
    expect(steps(true, [500, 900])).toBe('');
    expect(steps(false, [500, 5_000])).toBe('');
  });
});
