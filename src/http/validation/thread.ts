/**
 * A thread of its own for `$validate`, because what is sent there decides how long it takes: invariants of a large
 * Questionnaire or StructureDefinition take seconds to minutes, and so does compiling every type of a release. On the
 * thread that answers bookings, each of them would wait for it. Decision 12 has the figures.
 *
 * There is one thread for both releases, made for the first question and ended when nobody has asked for a while.
 */
import { Worker } from 'node:worker_threads';
import { GatewayError } from '../../domain/errors.js';
import { MINUTE, SECOND } from '../../domain/time.js';
import type { Log } from '../../ports/runtime.js';
import type { Question, Verdict } from './question.js';

export interface ValidationThread {
  /** Rejects with `overloaded` when others have to be answered first. An aborted question is dropped if it waits. */
  ask(question: Question, signal: AbortSignal): Promise<Verdict>;
  /** Ends the thread; who still waits is told `overloaded`. */
  close(): Promise<void>;
}

export interface ThreadLimits {
  /** An answer that takes longer is given up, and the thread with it. */
  readonly answerMs: number;
  /** Questions that may wait, and how long each of them. */
  readonly waiting: number;
  readonly waitMs: number;
  /** After so long without a question the thread ends, and its memory is free. */
  readonly idleMs: number;
  /** Of the thread's heap. */
  readonly megabytes: number;
}

const LIMITS: ThreadLimits = {
  answerMs: 10 * SECOND,
  waiting: 16,
  waitMs: 15 * SECOND,
  idleMs: 5 * MINUTE,
  megabytes: 256,
};

interface Waiting {
  readonly question: Question;
  readonly signal: AbortSignal;
  readonly patience: NodeJS.Timeout;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: Error) => void;
}

/** Node 20 loads no TypeScript in a thread by itself: run from source, the thread begins with what loads it. */
const FROM_SOURCE = `
  const { module } = require('node:worker_threads').workerData;
  import('tsx/esm/api').then((tsx) => tsx.register()).then(() => import(module));
`;

function startWorker(megabytes: number): Worker {
  const fromSource = import.meta.url.endsWith('.ts');
  const module = new URL(fromSource ? './worker.ts' : './worker.js', import.meta.url);
  const resourceLimits = { maxOldGenerationSizeMb: megabytes };
  return fromSource
    ? new Worker(FROM_SOURCE, { eval: true, workerData: { module: module.href }, execArgv: [], resourceLimits })
    : new Worker(module, { resourceLimits });
}

/** The question that is being answered, and by whom. */
interface Running {
  readonly thread: Worker;
  readonly resolve: (verdict: Verdict) => void;
  readonly reject: (error: Error) => void;
}

export function createValidationThread(
  log: Log,
  limits: ThreadLimits = LIMITS,
  newWorker: (megabytes: number) => Worker = startWorker,
): ValidationThread {
  const queue: Waiting[] = [];
  let thread: Worker | undefined;
  let running: Running | undefined;
  let closed = false;
  let idle: NodeJS.Timeout | undefined;

  const overloaded = (): GatewayError =>
    new GatewayError('overloaded', 'Other resources are being validated. Please repeat the request');

  function start(): Worker {
    const started = newWorker(limits.megabytes);
    // It must not keep a process that is otherwise done.
    started.unref();
    const mine = (): Running | undefined => (running?.thread === started ? running : undefined);
    started.on('message', (verdict: Verdict) => mine()?.resolve(verdict));
    const lost = (): void => {
      if (thread === started) thread = undefined;
    };
    started.on('error', (error: NodeJS.ErrnoException) => {
      // The next question must not go to it; that it has ended is told later.
      lost();
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') mine()?.resolve(givenUp('memory'));
      else mine()?.reject(error);
    });
    started.on('exit', () => {
      lost();
      mine()?.reject(overloaded());
    });
    return started;
  }

  async function end(): Promise<void> {
    const ended = thread;
    thread = undefined;
    await ended?.terminate();
  }

  function next(): void {
    if (running || closed) return;
    const waiting = queue.shift();
    if (waiting === undefined) {
      idle = setTimeout(() => void end(), limits.idleMs).unref();
      return;
    }
    clearTimeout(waiting.patience);
    if (waiting.signal.aborted) {
      waiting.reject(overloaded());
      next();
      return;
    }
    answer(waiting.question)
      .then(waiting.resolve, waiting.reject)
      .finally(() => {
        running = undefined;
        next();
      });
  }

  async function answer(question: Question): Promise<Verdict> {
    const by = (thread ??= start());
    let overtime: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Verdict>((resolve, reject) => {
        running = { thread: by, resolve, reject };
        overtime = setTimeout(() => {
          resolve(givenUp('time'));
          void end();
        }, limits.answerMs);
        by.postMessage(question);
      });
    } finally {
      clearTimeout(overtime);
    }
  }

  /** Whatever it was that took so long, it may not pass for valid. */
  function givenUp(what: 'time' | 'memory'): Verdict {
    log.warn('validation-given-up', { reason: what });
    const spent = what === 'time' ? `${limits.answerMs / SECOND} seconds` : `${limits.megabytes} MB`;
    return { kind: 'given-up', spent };
  }

  return {
    ask(question, signal) {
      if (closed || queue.length >= limits.waiting) return Promise.reject(overloaded());
      clearTimeout(idle);
      return new Promise((resolve, reject) => {
        const patience = setTimeout(() => {
          queue.splice(queue.indexOf(waiting), 1);
          reject(overloaded());
        }, limits.waitMs).unref();
        const waiting: Waiting = { question, signal, patience, resolve, reject };
        queue.push(waiting);
        next();
      });
    },
    async close() {
      closed = true;
      clearTimeout(idle);
      for (const { patience, reject } of queue.splice(0)) {
        clearTimeout(patience);
        reject(overloaded());
      }
      await end();
    },
  };
}
