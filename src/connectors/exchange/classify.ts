/** From what came over the wire to the class of a write; `interpret` is the connector's reading of an answer. */
import type { WriteAnswer } from '../../ports/practice-system.js';
import type { Answer } from './answer.js';
import type { WriteOutcome } from './write.js';

export type Interpret<T> = (answer: Answer) => WriteAnswer<T> | Promise<WriteAnswer<T>>;

/** Never rejects: an `interpret` that throws makes the write unknown, and a late answer is read in the same way. */
export async function classify<T>(outcome: WriteOutcome, interpret: Interpret<T>): Promise<WriteAnswer<T>> {
  switch (outcome.kind) {
    case 'answered':
      try {
        return await interpret(outcome.answer);
      } catch {
        return { class: 'unknown', reason: 'answer-not-understood' };
      }
    case 'not-sent':
      return { class: 'not-sent', reason: outcome.reason };
    case 'unknown': {
      const { reason, late } = outcome;
      if (late === undefined) return { class: 'unknown', reason };
      return { class: 'unknown', reason, late: late.then((answer) => classify(answer, interpret)) };
    }
  }
}
