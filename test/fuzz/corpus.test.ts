/** What fuzzing has kept is read again, and what counts as a broken promise is one. */
import { describe, expect, it } from 'vitest';
import { nameOf, readCorpus } from './engine/corpus.js';
import { brokenBy } from './engine/engine.js';
import { CORPUS_LIMITS } from './engine/minimise.js';
import { loadTarget, TARGET_NAMES } from './targets/index.js';
import { CANARY, expectQuiet } from './targets/target.js';

describe.each(TARGET_NAMES)('%s', (name) => {
  it('keeps its promises for its seeds and for all that fuzzing has kept', async () => {
    const target = await loadTarget(name);
    const corpus = readCorpus(name);
    expect(target.seeds.length).toBeGreaterThan(2);
    expect(corpus.size).toBeGreaterThan(0);
    const broken: string[] = [];
    for (const input of [...target.seeds, ...corpus.values()]) {
      const what = await brokenBy(target, input);
      if (what !== undefined) broken.push(`${nameOf(input)}: ${what}`);
    }
    expect(broken).toEqual([]);
  });

  it('has a small corpus, of files that are what they are called', () => {
    const corpus = readCorpus(name);
    expect(corpus.size).toBeLessThanOrEqual(CORPUS_LIMITS.files);
    for (const [file, input] of corpus) {
      expect(nameOf(input)).toBe(file);
      expect(input.length).toBeLessThanOrEqual(CORPUS_LIMITS.bytes);
    }
  });
});

describe('what breaks a promise', () => {
  const told = (run: () => void): Promise<string | undefined> => brokenBy({ run }, Buffer.alloc(0));

  it('is an error that the reader does not speak of', async () => {
    expect(await told(() => undefined)).toBeUndefined();
    expect(await told(() => void (undefined as unknown as string).length)).toMatch(/^TypeError/);
  });

  it('is a text of ours that holds what was sent', async () => {
    expect(await told(() => expectQuiet('a name is too long'))).toBeUndefined();
    expect(await told(() => expectQuiet(`the name ${CANARY} is too long`))).toMatch(/^BrokenPromise/);
  });

  it('is a change of what all objects share', async () => {
    const prototype = Object.prototype as Record<string, unknown>;
    try {
      expect(await told(() => void (prototype['polluted'] = true))).toMatch(/prototype/);
    } finally {
      delete prototype['polluted'];
    }
  });

  it('is an input that takes too long, three times', async () => {
    let runs = 0;
    const wait = (): void => {
      runs += 1;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    };
    expect(await brokenBy({ run: wait }, Buffer.alloc(0), 10)).toMatch(/^slow/);
    expect(runs).toBe(3);
  });
});
