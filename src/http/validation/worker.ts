/** What runs in the thread of its own: a question comes in, its verdict goes out. */
import { parentPort } from 'node:worker_threads';
import { createExaminer } from './examine.js';
import type { Question } from './question.js';

const examine = createExaminer();
parentPort?.on('message', (question: Question) => parentPort?.postMessage(examine(question)));
