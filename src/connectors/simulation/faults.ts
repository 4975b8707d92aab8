/**
 * Scripted faults: what shall go wrong with which of the next calls. `when: 'before'` means before the effect, so the
 * simulated system never acts; `'after'` means it has acted and only its answer is lost or spoilt.
 */
import { z } from 'zod';

const when = z.enum(['before', 'after']).default('before');
const headers = z.record(z.string(), z.string()).optional();
const status = z.int().min(200).max(599);

const FaultSchema = z.discriminatedUnion('kind', [
  /** Answers properly, but `ms` later; `before` also acts that much later, even if the caller has left meanwhile. */
  z.strictObject({ kind: z.literal('delay'), ms: z.int().min(0), when }),
  /** The socket is destroyed without an answer. */
  z.strictObject({ kind: z.literal('drop'), when }),
  /** Never answers; the socket stays open until the caller or the simulation closes it. */
  z.strictObject({ kind: z.literal('hang'), when }),
  /** Any status with a JSON body, or with a string sent as it stands. */
  z.strictObject({ kind: z.literal('status'), status, body: z.unknown().optional(), headers, when }),
  /** An HTML page, as containers and reverse proxies send. */
  z.strictObject({ kind: z.literal('html'), status: status.default(500), body: z.string().optional(), when }),
  /** A valid head, half of the body, then the socket is cut. */
  z.strictObject({ kind: z.literal('truncated'), when: when.unwrap().default('after') }),
  /** The proper answer, `bytes` at a time with a pause of `ms` between them. */
  z.strictObject({
    kind: z.literal('trickle'),
    bytes: z.int().min(1).default(1),
    ms: z.int().min(1),
    when: when.unwrap().default('after'),
  }),
  /** 200 and JSON, but of another shape than the system's. */
  z.strictObject({ kind: z.literal('wrong-envelope'), body: z.unknown().optional(), when }),
  z.strictObject({ kind: z.literal('redirect'), to: z.string(), status: status.default(307), when }),
  /** 200 and a JSON string of `bytes` bytes, streamed. */
  z.strictObject({ kind: z.literal('huge'), bytes: z.int().min(2), when }),
  /** 200, called JSON, but not JSON. */
  z.strictObject({ kind: z.literal('not-json'), body: z.string().optional(), when }),
  /** One of the faults the simulated system defines itself, such as `key-expired`. */
  z.strictObject({ kind: z.literal('system'), name: z.string(), when }),
]);

const MatchSchema = z.strictObject({
  method: z.string().optional(),
  /** Path without query; `*` stands for any run of characters. */
  path: z.string().optional(),
});

export const FaultScriptSchema = z.strictObject({
  match: MatchSchema.optional(),
  /** How many matching calls pass unharmed first. */
  skip: z.int().min(0).default(0),
  /** How many matching calls it hits; `always` until it is removed. */
  times: z.union([z.int().min(1), z.literal('always')]).default(1),
  fault: FaultSchema,
});

export type Fault = z.output<typeof FaultSchema>;
export type FaultScript = z.input<typeof FaultScriptSchema>;

export interface ScriptedFault {
  readonly id: number;
  /** How many calls it has hit so far. */
  used(): number;
  remove(): void;
}

export interface FaultControl {
  /** Adds a fault. Scripts are tried in the order they were added; a call is hit by the first that matches. */
  script(script: FaultScript): ScriptedFault;
  clear(): void;
  /** Scripts that can still hit a call. */
  pending(): readonly { readonly id: number; readonly used: number; readonly script: FaultScript }[];
}

export interface FaultQueue extends FaultControl {
  take(call: { readonly method: string; readonly path: string }): Fault | undefined;
}

interface Entry {
  readonly id: number;
  readonly script: z.output<typeof FaultScriptSchema>;
  readonly path: RegExp | undefined;
  skip: number;
  left: number;
  used: number;
}

function pathPattern(path: string): RegExp {
  const escaped = path.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`);
}

/** `systemFaults` are the names a script of kind `system` may use; any other name throws at once. */
export function createFaultQueue(systemFaults: readonly string[]): FaultQueue {
  let entries: Entry[] = [];
  let lastId = 0;
  const remove = (id: number): void => {
    entries = entries.filter((entry) => entry.id !== id);
  };
  return {
    script(input) {
      const script = FaultScriptSchema.parse(input);
      if (script.fault.kind === 'system' && !systemFaults.includes(script.fault.name)) {
        throw new RangeError(`no fault '${script.fault.name}' here; there is: ${systemFaults.join(', ') || 'none'}`);
      }
      lastId += 1;
      const entry: Entry = {
        id: lastId,
        script,
        path: script.match?.path === undefined ? undefined : pathPattern(script.match.path),
        skip: script.skip,
        left: script.times === 'always' ? Infinity : script.times,
        used: 0,
      };
      entries.push(entry);
      return { id: entry.id, used: () => entry.used, remove: () => remove(entry.id) };
    },
    clear() {
      entries = [];
    },
    pending: () => entries.map(({ id, used, script }) => ({ id, used, script })),
    take({ method, path }) {
      if (entries.length === 0) return undefined;
      for (const entry of entries) {
        const wanted = entry.script.match?.method;
        if (wanted !== undefined && wanted.toUpperCase() !== method) continue;
        if (entry.path && !entry.path.test(path)) continue;
        if (entry.skip > 0) {
          entry.skip -= 1;
          continue;
        }
        entry.used += 1;
        entry.left -= 1;
        if (entry.left === 0) remove(entry.id);
        return entry.script.fault;
      }
      return undefined;
    },
  };
}
