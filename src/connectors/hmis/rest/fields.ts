/**
 * Reading members of untrusted rows: several names for one thing (the first that is there wins), null is absent, and
 * numbers come as numbers or as text. Every value has bounds; one outside them makes the whole row bad.
 */
import type { PracticeZone, ResolvedLocalTime } from '../../../domain/time.js';

export type Row = Readonly<Record<string, unknown>>;

/** A row that cannot be used. Says which member, never what stood in it. */
export class BadRow extends Error {
  override readonly name = 'BadRow';
}

export function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function firstOf(row: Row, names: readonly string[]): unknown {
  for (const name of names) {
    const value = row[name];
    if (value !== undefined && value !== null) return value;
  }
  return undefined;
}

const NUMBER = /^\d{1,16}(\.\d{1,6})?$/;

export function readNumber(row: Row, names: readonly string[], least: number, most: number): number | undefined {
  const value = firstOf(row, names);
  if (value === undefined || value === '') return undefined;
  const number = typeof value === 'string' && NUMBER.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !(number >= least && number <= most)) throw new BadRow(names[0]);
  return number;
}

export function readCount(row: Row, names: readonly string[], most = 100_000): number | undefined {
  const value = readNumber(row, names, 0, most);
  if (value !== undefined && !Number.isInteger(value)) throw new BadRow(names[0]);
  return value;
}

/** Ids are whole numbers from 1. */
export function readId(row: Row, names: readonly string[]): number | undefined {
  const value = readNumber(row, names, 1, Number.MAX_SAFE_INTEGER);
  if (value !== undefined && !Number.isInteger(value)) throw new BadRow(names[0]);
  return value;
}

export function readText(row: Row, names: readonly string[], most = 255): string | undefined {
  const value = firstOf(row, names);
  if (value === undefined) return undefined;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.length > most) throw new BadRow(names[0]);
  const trimmed = text.trim();
  return trimmed === '' ? undefined : trimmed;
}

export function readFlag(row: Row, names: readonly string[]): boolean | undefined {
  const value = firstOf(row, names);
  if (value === undefined || typeof value === 'boolean') return value;
  if (value === 'true' || value === 1) return true;
  if (value === 'false' || value === 0) return false;
  throw new BadRow(names[0]);
}

const LOCAL_TIME = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}(?::\d{2})?)(?:\.\d{1,9})?$/;
/** Every search reads the same times again. */
const MOST_REMEMBERED = 4096;
const timesByZone = new WeakMap<PracticeZone, Map<string, ResolvedLocalTime>>();

function rememberedFor(zone: PracticeZone): Map<string, ResolvedLocalTime> {
  const known = timesByZone.get(zone);
  if (known) return known;
  const times = new Map<string, ResolvedLocalTime>();
  timesByZone.set(zone, times);
  return times;
}

/** `yyyy-MM-dd HH:mm:ss` of the practice's own wall clock; a mere time belongs to the date under `dateNames`. */
export function readLocalTime(
  row: Row,
  names: readonly string[],
  zone: PracticeZone,
  dateNames: readonly string[] = [],
): ResolvedLocalTime | undefined {
  const text = readText(row, names, 30);
  if (text === undefined) return undefined;
  const whole = text.length > 8 ? text : `${readText(row, dateNames, 30)?.slice(0, 10)} ${text}`;
  const remembered = rememberedFor(zone);
  let resolved = remembered.get(whole);
  if (resolved === undefined) {
    const [, date, time] = LOCAL_TIME.exec(whole) ?? [];
    if (date === undefined || time === undefined) throw new BadRow(names[0]);
    try {
      resolved = zone.fromLocal(date, time);
    } catch {
      throw new BadRow(names[0]);
    }
    if (remembered.size >= MOST_REMEMBERED) remembered.clear();
    remembered.set(whole, resolved);
  }
  return resolved;
}
