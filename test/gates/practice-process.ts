/** Starts the practice system of the gates, and asks it what stands there. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export type PracticeQuestion =
  /** How many bookings of this session are not cancelled. */
  | { readonly standingIn: number }
  /** How many of these calls have come. */
  | { readonly callsOf: { readonly method: string; readonly path: string } };
export type PracticeAnswer = { readonly url: string } | { readonly count: number };

export interface PracticeProcess {
  readonly url: string;
  ask(question: PracticeQuestion): Promise<number>;
  close(): Promise<void>;
}

export async function startPractice(consultants: number, patients: number): Promise<PracticeProcess> {
  const child = fork(join(import.meta.dirname, 'practice.ts'), [consultants, patients].map(String), {
    execArgv: ['--import', 'tsx'],
  });
  const ended = once(child, 'exit');
  const next = async (): Promise<PracticeAnswer> => {
    const over = new AbortController();
    try {
      const gone = ended.then(([code]) => Promise.reject(new Error(`the practice system ended with ${String(code)}`)));
      const [answer] = (await Promise.race([once(child, 'message', over), gone])) as [PracticeAnswer];
      return answer;
    } finally {
      over.abort();
    }
  };
  const started = await next();
  if (!('url' in started)) throw new Error('the practice system did not say its URL');
  /** One question at a time: an answer does not say which it belongs to. */
  let last: Promise<unknown> = Promise.resolve();
  return {
    url: started.url,
    ask(question) {
      const answered = last.then(async () => {
        const answer = next();
        child.send(question);
        const said = await answer;
        return 'count' in said ? said.count : 0;
      });
      last = answered.catch(() => undefined);
      return answered;
    },
    async close() {
      child.disconnect();
      await ended;
    },
  };
}
