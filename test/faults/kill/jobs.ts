/** What a run of the sweep is made of. */

/** One line of the run. */
export interface Job {
  readonly name: string;
  /** The command that runs it alone. */
  readonly repeat: string;
  run(): Promise<{ readonly verdict: 'ok' | 'not reached'; readonly violations: readonly string[] }>;
}

export interface Run {
  /** As many side by side as the run was asked for. */
  inTurns<T>(items: readonly T[], work: (item: T, index: number) => Promise<void>): Promise<void>;
  report(job: Pick<Job, 'name' | 'repeat'>, violations: readonly string[]): void;
  print(line: string): void;
}
