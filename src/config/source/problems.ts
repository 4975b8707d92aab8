/** What is wrong with a configuration, and where: an operator mends all of it in one go. */

export type ConfigurationPath = readonly (string | number)[];

export interface Problem {
  readonly file: string;
  /** From 1, as editors count. */
  readonly line: number;
  readonly column: number;
  /** The element, for example `practices[0].asid`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and what to do about it. Never holds a secret or an address that may carry one. */
  readonly message: string;
}

/** A problem before its place in the file is known. */
export interface Finding {
  readonly path: ConfigurationPath;
  readonly message: string;
  /** Points at the key itself and not at its value. */
  readonly atKey?: boolean;
}

export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(`The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}.`);
    this.problems = problems;
  }
}

/** One line each: `file:line:column  path: message`. */
export function formatProblems(problems: readonly Problem[]): string {
  return problems
    .map(({ file, line, column, path, message }) => {
      const where = path === '' ? '' : `${path}: `;
      return `${file}:${line}:${column}  ${where}${message}`;
    })
    .join('\n');
}

const PLAIN_KEY = /^[A-Za-z_][\w-]*$/;

/** `practices[0].asid`; a key that could upset a terminal or a log is quoted. */
export function formatPath(path: ConfigurationPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (PLAIN_KEY.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${quote(step)}]`;
  }
  return text;
}

const LONGEST_QUOTE = 60;

/** Text of the file, safe to print on one line. */
export function quote(text: string): string {
  return JSON.stringify(text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    '?',
  );
}

/** The closest of `known` to a word that is none of them, if one is close enough to have been meant. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, candidate.toLowerCase(), least);
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Insertions, deletions and replacements from one word to the other; a word too long to matter answers `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? limit) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? limit) + 1, (next[j - 1] ?? limit) + 1));
    }
    row = next;
  }
  return row[b.length] ?? limit;
}
