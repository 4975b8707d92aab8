/** Attempts for people: a table, and one attempt in full. Scripts take `--format json`. */
import type { TaskList } from '../../core/operator/answers.js';

interface Listed {
  readonly id: string;
  readonly practice: string;
  readonly list: string;
  readonly state: string;
  readonly start: string;
  readonly ageSeconds: number;
  readonly answers: readonly string[];
  readonly possibleDuplicateOf?: readonly string[];
}

const DUPLICATE: TaskList = 'possible-duplicate';
const HEADING = ['attempt', 'practice', 'list', 'state', 'appointment', 'age', 'takes'];

export function toTable(attempts: readonly Listed[]): string {
  if (attempts.length === 0) return 'none\n';
  const rows = attempts.map(({ id, practice, list, state, start, ageSeconds, answers, possibleDuplicateOf }) => [
    id,
    practice,
    possibleDuplicateOf && list !== DUPLICATE ? `${list}, ${DUPLICATE}` : list,
    state,
    start,
    toAge(ageSeconds),
    answers.join(', '),
  ]);
  const widths = HEADING.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd();
  return [HEADING, ...rows].map((row) => `${line(row)}\n`).join('');
}

function toAge(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

/** Each member on a line of its own. */
export function toSheet(attempt: object): string {
  const lines = Object.entries(attempt).map(([name, value]: [string, unknown]) => `${name}: ${toText(value)}\n`);
  return lines.join('');
}

function toText(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(toText).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(toText).join(' ');
}
