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

export class Faults {
  list: Fault[] = [];

  constructor(private readonly most: number) {}

  get length(): number {
    return this.list.length;
  }

  /** Notes never use up the room that errors need. */
  add(fault: Fault): void {
    if (this.list.length < this.most) this.list.push(fault);
  }

  /** Puts a level's own faults before those found below it, which begin at `position`. */
  insert(position: number, faults: readonly Fault[]): void {
    this.list.splice(position, 0, ...faults);
    if (this.list.length > this.most) this.list.length = this.most;
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
    this.list.length = position;
  }

  take(): Fault[] {
    const taken = this.list;
    this.list = [];
    return taken;
  }
}
