/** The pieces value sets are made of. Each says of a code whether it belongs, as far as that can be known here. */

export type Membership = 'in' | 'out' | 'unknown';

export interface Part {
  coding(system: string, code: string): Membership;
  /** A bare code: whether any system of the part has it. */
  code(code: string): Membership;
  /** Its codes by system; undefined when they aren't all known. */
  readonly codes: () => ReadonlyMap<string, readonly string[]> | undefined;
  /** Why it may answer `unknown`. */
  readonly gap?: string;
}

/** Codes of one system; with a gap, other codes of the system may belong as well. */
export function codesOf(system: string, codes: readonly string[], caseInsensitive: boolean, gap?: string): Part {
  const exact: ReadonlySet<string> = new Set(codes);
  const folded = caseInsensitive ? new Set(codes.map((code) => code.toLowerCase())) : undefined;
  const outside = gap === undefined ? 'out' : 'unknown';
  const code = (one: string): Membership =>
    exact.has(one) || folded?.has(one.toLowerCase()) === true ? 'in' : outside;
  return {
    coding: (of, one) => (of === system ? code(one) : 'out'),
    code,
    codes: () => (gap === undefined ? new Map([[system, codes]]) : undefined),
    ...(gap !== undefined && { gap }),
  };
}

/** All codes of a system that follow its syntax. */
export function syntaxOf(system: string, accepts: (code: string) => boolean): Part {
  const code = (one: string): Membership => (accepts(one) ? 'in' : 'out');
  return { coding: (of, one) => (of === system ? code(one) : 'out'), code, codes: () => undefined };
}

/** Nothing is known about the codes of this system, or of any when none is named. */
export function unknownOf(system: string | undefined, gap: string): Part {
  return {
    coding: (of) => (system === undefined || of === system ? 'unknown' : 'out'),
    code: () => 'unknown',
    codes: () => undefined,
    gap,
  };
}

/** What belongs to all of the parts. */
export function allOf(parts: readonly Part[]): Part {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const gap = parts.find((part) => part.gap !== undefined)?.gap;
  return {
    coding: (system, code) => {
      let answer: Membership = 'in';
      for (const part of parts) {
        const one = part.coding(system, code);
        if (one === 'out') return 'out';
        if (one === 'unknown') answer = 'unknown';
      }
      return answer;
    },
    code: (code) => {
      let answer: Membership = 'in';
      for (const part of parts) {
        const one = part.code(code);
        if (one === 'out') return 'out';
        if (one === 'unknown') answer = 'unknown';
      }
      return answer;
    },
    codes: () => {
      const listed = parts.map((part) => part.codes()).find((one) => one !== undefined);
      return listed && keep(listed, (system, code) => allOfThem(parts, system, code));
    },
    ...(gap !== undefined && { gap }),
  };
}

function allOfThem(parts: readonly Part[], system: string, code: string): Membership {
  const answers = parts.map((part) => part.coding(system, code));
  return answers.includes('out') ? 'out' : answers.includes('unknown') ? 'unknown' : 'in';
}

/** What belongs to one of the parts. */
export function anyOf(parts: readonly Part[]): Part {
  const [only] = parts;
  if (only !== undefined && parts.length === 1) return only;
  const gap = parts.find((part) => part.gap !== undefined)?.gap;
  return {
    coding: (system, code) => {
      let answer: Membership = 'out';
      for (const part of parts) {
        const one = part.coding(system, code);
        if (one === 'in') return 'in';
        if (one === 'unknown') answer = 'unknown';
      }
      return answer;
    },
    code: (code) => {
      let answer: Membership = 'out';
      for (const part of parts) {
        const one = part.code(code);
        if (one === 'in') return 'in';
        if (one === 'unknown') answer = 'unknown';
      }
      return answer;
    },
    codes: () => {
      const all = new Map<string, readonly string[]>();
      for (const part of parts) {
        const codes = part.codes();
        if (codes === undefined) return undefined;
        for (const [system, some] of codes) all.set(system, [...new Set([...(all.get(system) ?? []), ...some])]);
      }
      return all;
    },
    ...(gap !== undefined && { gap }),
  };
}

/** The first without the second. */
export function without(part: Part, excluded: Part): Part {
  const coding = (system: string, code: string): Membership => {
    const answer = part.coding(system, code);
    if (answer === 'out') return 'out';
    const less = excluded.coding(system, code);
    return less === 'in' ? 'out' : less === 'unknown' ? 'unknown' : answer;
  };
  const gap = part.gap ?? excluded.gap;
  const systems = part.codes();
  return {
    coding,
    code: (code) => {
      const answer = part.code(code);
      if (answer === 'out') return 'out';
      const less = excluded.code(code);
      if (less === 'out') return answer;
      // Excluded in one system, it may still belong by another.
      if (systems === undefined) return less === 'in' && answer === 'in' ? 'out' : 'unknown';
      let any: Membership = 'out';
      for (const system of systems.keys()) {
        const one = coding(system, code);
        if (one === 'in') return 'in';
        if (one === 'unknown') any = 'unknown';
      }
      return any;
    },
    codes: () => systems && keep(systems, coding),
    ...(gap !== undefined && { gap }),
  };
}

/** Those of the codes that are in; undefined when one is unknown. */
function keep(
  codes: ReadonlyMap<string, readonly string[]>,
  test: (system: string, code: string) => Membership,
): ReadonlyMap<string, readonly string[]> | undefined {
  const kept = new Map<string, readonly string[]>();
  for (const [system, some] of codes) {
    const answers = some.map((code) => test(system, code));
    if (answers.includes('unknown')) return undefined;
    const left = some.filter((_, index) => answers[index] === 'in');
    if (left.length > 0) kept.set(system, left);
  }
  return kept;
}
