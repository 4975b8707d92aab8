/** What a validation has found so far. Pointers are relative to the value a check was given, and grow on the way up. */
import type { ElementNode } from '../definitions/elements.js';
import type { Severity } from '../types.js';

export interface Fault {
  /** Keyword of JSON Schema, or the name of one of our checks. */
  readonly keyword: string;
  pointer: string;
  readonly severity: Severity;
  readonly params: Readonly<Record<string, unknown>>;
  /** The element that states the rule. */
  readonly node: ElementNode;
}

/** What an extension's place may turn out to be is known at the end only; so many places are remembered. */
const MOST_CONTEXTS = 100_000;

export class Faults {
  list: Fault[] = [];
  private counts = { error: 0, context: 0, other: 0 };

  constructor(private readonly most: number) {}

  get length(): number {
    return this.list.length;
  }

  /** Whatever else is wrong, nobody will be told: what is not looked at yet need not be. */
  get isFull(): boolean {
    return this.counts.error >= this.most;
  }

  /** Each kind has room of its own: neither notes nor what may yet turn out well take that of errors. */
  add(fault: Fault): void {
    const kind = kindOf(fault);
    if (this.counts[kind] >= (kind === 'context' ? MOST_CONTEXTS : this.most)) return;
    this.counts[kind] += 1;
    this.list.push(fault);
  }

  /** Puts a level's own errors before what was found below it, which begins at `position` and may have to make room. */
  insert(position: number, faults: readonly Fault[]): void {
    this.list.splice(position, 0, ...faults);
    this.counts.error += faults.length;
    for (let index = this.list.length - 1; this.counts.error > this.most && index >= position; index -= 1) {
      const fault = this.list[index];
      if (fault === undefined || kindOf(fault) !== 'error') continue;
      this.list.splice(index, 1);
      this.counts.error -= 1;
    }
  }

  /** Makes pointers from `position` on relative to the next level up. */
  lift(position: number, path: string): void {
    for (let index = position; index < this.list.length; index += 1) {
      const fault = this.list[index];
      if (fault !== undefined) fault.pointer = path + fault.pointer;
    }
  }

  /** Whether anything from `position` on makes the value invalid. */
  failedSince(position: number): boolean {
    for (let index = position; index < this.list.length; index += 1)
      if (this.list[index]?.severity === 'error') return true;
    return false;
  }

  cut(position: number): void {
    for (const fault of this.list.slice(position)) this.counts[kindOf(fault)] -= 1;
    this.list.length = position;
  }

  take(): Fault[] {
    const taken = this.list;
    this.list = [];
    this.counts = { error: 0, context: 0, other: 0 };
    return taken;
  }
}

function kindOf({ keyword, severity }: Fault): 'error' | 'context' | 'other' {
  if (keyword === 'context') return 'context';
  return severity === 'error' ? 'error' : 'other';
}
