/** The thread of `$validate`, with threads that do what a bad resource would make the real one do. */
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import type { Question, Verdict } from '../../../src/http/validation/question.js';
import { createValidationThread, type ValidationThread } from '../../../src/http/validation/thread.js';
import type { Log } from '../../../src/ports/runtime.js';

/** What it does is the type of the question; it answers with its own number and what was asked. */
const OBEDIENT = `
  const { parentPort, threadId } = require('node:worker_threads');
  parentPort.on('message', ({ type, id }) => {
    if (type === 'Loop') for (;;);
    if (type === 'Grow') for (const all = []; ; ) all.push(new Array(1e5).fill({}));
    if (type === 'Throw') throw new TypeError('a fault of ours');
    if (type === 'Exit') process.exit(0);
    const answer = () => parentPort.postMessage({ kind: 'refused', code: 'bad-request', message: type + id, fhirPath: String(threadId) });
    if (type === 'Slow') setTimeout(answer, 200);
    else answer();
  });
`;

const events: string[] = [];
const note = (event: string, fields?: object): void => void events.push(`${event} ${JSON.stringify(fields)}`);
const log: Log = { info: note, warn: note, error: note };
const LIMITS = { answerMs: 2_000, waiting: 3, waitMs: 5_000, idleMs: 60_000, megabytes: 32 };

let started = 0;
let thread: ValidationThread;
afterEach(() => thread.close());

function make(limits: Partial<typeof LIMITS> = {}): ValidationThread {
  started = 0;
  events.length = 0;
  thread = createValidationThread(log, { ...LIMITS, ...limits }, (megabytes) => {
    started += 1;
    return new Worker(OBEDIENT, { eval: true, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: megabytes } });
  });
  return thread;
}

function ask(type: string, id = '', signal = new AbortController().signal): Promise<Verdict> {
  const question: Question = {
    release: 'r4',
    format: 'json',
    bytes: new Uint8Array(),
    type,
    id,
    profiles: [],
    modes: [],
  };
  return thread.ask(question, signal);
}

const said = (verdict: Verdict): string => (verdict.kind === 'refused' ? verdict.message : verdict.kind);

describe('the thread', () => {
  it('is made with the first question and answers each that comes, in their order', async () => {
    make();
    expect(started).toBe(0);
    const answers = await Promise.all([ask('Slow', '1'), ask('Patient', '2'), ask('Patient', '3')]);
    expect(answers.map(said)).toEqual(['Slow1', 'Patient2', 'Patient3']);
    expect(started).toBe(1);
  });

  it('is given up when an answer takes too long; the next question is answered by another', async () => {
    make({ answerMs: 700 });
    const [loop, next] = await Promise.all([ask('Loop'), ask('Patient', '2')]);
    expect(loop).toEqual({ kind: 'given-up', spent: '0.7 seconds' });
    expect(said(next)).toBe('Patient2');
    expect(started).toBe(2);
    expect(events).toEqual(['validation-given-up {"reason":"time"}']);
  });

  it('is given up when an answer takes too much memory, and takes nothing else with it', async () => {
    make({ answerMs: 20_000 });
    expect(await ask('Grow')).toEqual({ kind: 'given-up', spent: '32 MB' });
    expect(said(await ask('Patient', '2'))).toBe('Patient2');
  });

  it('is replaced when it has failed', async () => {
    make();
    await expect(ask('Throw')).rejects.toThrow('a fault of ours');
    expect(said(await ask('Patient', '2'))).toBe('Patient2');
    await expect(ask('Exit')).rejects.toMatchObject({ code: 'overloaded' });
    expect(said(await ask('Patient', '3'))).toBe('Patient3');
  });

  it('lets so many wait and no more', async () => {
    make();
    const slow = ask('Slow');
    const waiting = [ask('Patient', '1'), ask('Patient', '2'), ask('Patient', '3')];
    await expect(ask('Patient', '4')).rejects.toMatchObject({ code: 'overloaded', retryable: true });
    expect((await Promise.all([slow, ...waiting])).map(said)).toEqual(['Slow', 'Patient1', 'Patient2', 'Patient3']);
  });

  it('lets nobody wait longer than that', async () => {
    make({ waitMs: 50, answerMs: 600 });
    const loop = ask('Loop');
    await expect(ask('Patient', '1')).rejects.toMatchObject({ code: 'overloaded' });
    expect((await loop).kind).toBe('given-up');
    expect(said(await ask('Patient', '2'))).toBe('Patient2');
  });

  it('does not work for those who have gone', async () => {
    make();
    const gone = new AbortController();
    const slow = ask('Slow');
    const left = ask('Loop', '', gone.signal);
    gone.abort();
    await expect(left).rejects.toMatchObject({ code: 'overloaded' });
    expect(said(await slow)).toBe('Slow');
  });

  it('ends when nobody asks for a while, and comes back', async () => {
    make({ idleMs: 30 });
    await ask('Patient', '1');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(said(await ask('Patient', '2'))).toBe('Patient2');
    expect(started).toBe(2);
  });

  it('closes while questions run and wait; each is told', async () => {
    make();
    const asked = [ask('Loop'), ask('Patient', '1')].map((one) => one.catch((error: Error) => error));
    await thread.close();
    expect(await Promise.all(asked)).toMatchObject([{ code: 'overloaded' }, { code: 'overloaded' }]);
    await expect(ask('Patient')).rejects.toMatchObject({ code: 'overloaded' });
  });
});
