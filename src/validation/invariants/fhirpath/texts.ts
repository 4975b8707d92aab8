/** Functions on texts with patterns, which the library would hand to JavaScript's own engine. */
import { TooCostly } from './budget.js';
import { PatternError, toPatternTest } from '../pattern.js';

export function problemOf(pattern: string): string | undefined {
  try {
    toPatternTest(pattern);
    return undefined;
  } catch (error) {
    return error instanceof PatternError ? error.message : 'it is no pattern';
  }
}

/** Longest text on which a pattern of replaceMatches() is let loose. */
const LONGEST_REPLACED = 10_000;

/**
 * Replacing needs JavaScript's own engine, because it has to know where a match begins and ends: only patterns with one
 * repetition at most, which is no worse than the square of the length, and none in a group.
 */
export function isHarmless(pattern: string | undefined): boolean {
  if (pattern === undefined || problemOf(pattern) !== undefined) return false;
  const repetitions = [...pattern].filter((sign) => '*+{'.includes(sign)).length;
  return repetitions <= 1 && (repetitions === 0 || !pattern.includes('('));
}

const patternTests = new Map<string, (text: string) => boolean | undefined>();
const MOST_PATTERNS = 500;

export function matchText(texts: readonly unknown[], pattern: unknown, flags: unknown, whole: boolean): boolean | [] {
  const [text] = texts;
  if (texts.length === 0 || typeof pattern !== 'string') return [];
  if (texts.length > 1 || typeof text !== 'string') throw new Error('matches() takes one text');
  const source = whole ? `^(?:${pattern})$` : pattern;
  const key = `${typeof flags === 'string' ? flags : ''}/${source}`;
  let test = patternTests.get(key);
  if (!test) {
    test = toPatternTest(source, typeof flags === 'string' ? flags : '');
    // A pattern may be worked out from the resource: only so many are remembered.
    if (patternTests.size >= MOST_PATTERNS) patternTests.clear();
    patternTests.set(key, test);
  }
  const found = test(text);
  if (found === undefined) throw new Error('the text is too long for the pattern');
  return found;
}

export function replaceText(texts: readonly unknown[], pattern: unknown, by: unknown): string | [] {
  const [text] = texts;
  if (typeof text !== 'string' || typeof pattern !== 'string' || typeof by !== 'string') return [];
  if (texts.length > 1 || text.length > LONGEST_REPLACED || !isHarmless(pattern)) throw new Error('too costly');
  return text.replace(new RegExp(pattern, 'gu'), by);
}

/** Longest text that replacing a word may come to. */
const LONGEST_RESULT = 2_000_000;

/** As the library does it, for it is told by no pattern, but not beyond the longest result. */
export function replaceWord(texts: readonly unknown[], word: unknown, by: unknown): string | [] {
  const [text] = texts;
  if (typeof text !== 'string' || typeof word !== 'string' || typeof by !== 'string') return [];
  if (texts.length > 1) throw new Error('replace() takes one text');
  if (text.length + (text.length + 1) * by.length > LONGEST_RESULT && longestAfter(text, word, by) > LONGEST_RESULT)
    throw new TooCostly();
  if (word === '') return by + [...text].map((sign) => sign + by).join('');
  return text.split(word).join(by);
}

function longestAfter(text: string, word: string, by: string): number {
  if (word === '') return text.length + (text.length + 1) * by.length;
  return text.length + (text.split(word).length - 1) * by.length;
}
