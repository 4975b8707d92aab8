/**
 * Queries that Kysely builds and compiles once, when the ledger opens, and that run with other values each time.
 * Building a query costs several times what SQLite needs to run it.
 */
import type { Compilable, CompiledQuery, Kysely } from 'kysely';
import type { Schema } from './schema.js';

class Placeholder {
  constructor(readonly name: string) {}
}

/** Stands in the query for the value that `run` is given under this name. */
export type Parameter<P> = <K extends keyof P & string>(name: K) => P[K];

export type Prepared<P, R> = (db: Kysely<Schema>, parameters: P) => Promise<readonly R[]>;

/** `prepare<Parameters>()(parameter => query)`; in two steps, so that the row type is inferred. */
export function prepare<P extends object>(): <R>(build: (parameter: Parameter<P>) => Compilable<R>) => Prepared<P, R> {
  return <R>(build: (parameter: Parameter<P>) => Compilable<R>) => {
    const compiled: CompiledQuery<R> = build((name) => new Placeholder(name) as unknown as P[typeof name]).compile();
    return async (db, parameters) => {
      const values = parameters as Record<string, unknown>;
      const result = await db.executeQuery<R>({
        ...compiled,
        parameters: compiled.parameters.map((each) =>
          each instanceof Placeholder ? (values[each.name] ?? null) : each,
        ),
      });
      return result.rows;
    };
  };
}
