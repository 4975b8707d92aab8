/** What a simulation has been asked, newest last. Values of query parameters stay in the process. */
import type { SimulatedRequest } from './messages.js';

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** Names only: the values may name a person. */
  readonly parameters: readonly string[];
  /** When it arrived, by the simulation's clock. */
  readonly at: number;
  /** Absent while nothing has been answered, and for ever when the answer was dropped. */
  status: number | undefined;
  /** The system has acted on it. */
  effect: boolean;
  /** Kind of the scripted fault that hit it. */
  fault: string | undefined;
  /** The whole request, for tests in the same process; never given out over HTTP. */
  readonly request: SimulatedRequest;
}

export interface RequestRecord {
  /** The newest requests, at most a few thousand. */
  all(): readonly RecordedRequest[];
  /** How many matched since the last `clear`, however long ago. */
  count(filter?: { readonly method?: string; readonly path?: string }): number;
  counts(): Readonly<Record<string, number>>;
  clear(): void;
}

export interface RequestRecorder extends RequestRecord {
  add(request: SimulatedRequest, at: number): RecordedRequest;
}

const MOST_KEPT = 4096;

export function createRequestRecorder(): RequestRecorder {
  let kept: RecordedRequest[] = [];
  const totals = new Map<string, number>();
  return {
    add(request, at) {
      const { method, path, query } = request;
      const recorded: RecordedRequest = {
        method,
        path,
        parameters: [...query.keys()],
        at,
        status: undefined,
        effect: false,
        fault: undefined,
        request,
      };
      const key = `${method} ${path}`;
      totals.set(key, (totals.get(key) ?? 0) + 1);
      // Twice the length before cutting, so that the cut costs nothing per request.
      if (kept.push(recorded) >= 2 * MOST_KEPT) kept = kept.slice(-MOST_KEPT);
      return recorded;
    },
    all: () => kept.slice(-MOST_KEPT),
    count(filter = {}) {
      let sum = 0;
      for (const [key, total] of totals) {
        const space = key.indexOf(' ');
        if (filter.method !== undefined && key.slice(0, space) !== filter.method.toUpperCase()) continue;
        if (filter.path !== undefined && key.slice(space + 1) !== filter.path) continue;
        sum += total;
      }
      return sum;
    },
    counts: () => Object.fromEntries(totals),
    clear() {
      kept = [];
      totals.clear();
    },
  };
}
