/**
 * Which code an input reached, by V8's own block coverage. It has to begin before the modules that are watched are
 * loaded: functions that ran earlier are not counted. Taking it costs 1 to 4 ms, so it is taken for many inputs at once.
 */
import { Session, type Profiler } from 'node:inspector';

/** Half-open, in characters of the loaded script. */
type Span = readonly [from: number, to: number];

/** What was left out of each function that was entered. */
export type Reach = ReadonlyMap<string, readonly Span[]>;

export interface Coverage {
  /** What has been reached since it was last asked. */
  take(): Reach;
}

function without(spans: readonly Span[], [from, to]: Span): Span[] {
  return spans.flatMap(([start, end]): Span[] => {
    if (to <= start || from >= end) return [[start, end]];
    const rest: Span[] = [];
    if (start < from) rest.push([start, from]);
    if (to < end) rest.push([to, end]);
    return rest;
  });
}

function both(one: readonly Span[], other: readonly Span[]): Span[] {
  return one.flatMap(([start, end]) =>
    other.flatMap(([from, to]): Span[] =>
      Math.max(start, from) < Math.min(end, to) ? [[Math.max(start, from), Math.min(end, to)]] : [],
    ),
  );
}

const lengthOf = (spans: readonly Span[]): number => spans.reduce((sum, [from, to]) => sum + to - from, 0);

/** Ranges come outer first, and an inner one overrules what it lies in. */
function leftOut({ ranges }: Profiler.FunctionCoverage): readonly Span[] {
  let spans: Span[] = [];
  for (const { startOffset, endOffset, count } of ranges) {
    spans = without(spans, [startOffset, endOffset]);
    if (count === 0) spans.push([startOffset, endOffset]);
  }
  return spans;
}

export function createCoverage(isWatched: (url: string) => boolean): Coverage {
  const session = new Session();
  session.connect();
  let result: Profiler.TakePreciseCoverageReturnType['result'] = [];
  // Inside its own thread the session answers before `post` returns.
  const fail = (error: Error | null): void => {
    if (error) throw error;
  };
  session.post('Profiler.enable', fail);
  session.post('Profiler.startPreciseCoverage', { callCount: false, detailed: true }, fail);
  return {
    take() {
      session.post('Profiler.takePreciseCoverage', (error, taken) => {
        fail(error);
        ({ result } = taken);
      });
      const reach = new Map<string, readonly Span[]>();
      for (const { url, functions } of result) {
        if (!isWatched(url)) continue;
        for (const each of functions) {
          const [whole] = each.ranges;
          if (!whole || whole.count === 0) continue;
          // The whole function stands first, so that its length is known to whoever counts.
          const { startOffset, endOffset } = whole;
          reach.set(`${url}:${startOffset}-${endOffset}`, leftOut(each));
        }
      }
      return reach;
    },
  };
}

/** All that has been reached so far. */
export interface Known {
  /** Characters of code that nothing before has reached. */
  gain(reach: Reach): number;
  learn(reach: Reach): void;
  /** Functions entered, and characters of code reached in them. */
  size(): { readonly functions: number; readonly characters: number };
  copy(): Known;
}

function wholeOf(key: string): number {
  const [, from, to] = /:(\d+)-(\d+)$/.exec(key) ?? [];
  return Number(to) - Number(from);
}

export function createKnown(begin: Reach = new Map()): Known {
  const known = new Map(begin);
  return {
    gain(reach) {
      let sum = 0;
      for (const [key, spans] of reach) {
        const before = known.get(key);
        sum += before ? lengthOf(before) - lengthOf(both(before, spans)) : wholeOf(key) - lengthOf(spans);
      }
      return sum;
    },
    learn(reach) {
      for (const [key, spans] of reach) {
        const before = known.get(key);
        known.set(key, before ? both(before, spans) : spans);
      }
    },
    size() {
      let characters = 0;
      for (const [key, spans] of known) characters += wholeOf(key) - lengthOf(spans);
      return { functions: known.size, characters };
    },
    copy: () => createKnown(known),
  };
}
