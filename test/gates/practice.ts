/**
 * The practice system of the gates, a process of its own: who asks the gateways is not to wait for what they ask. Started
 * with the number of its consultants and of its patients; says its URL, then answers each question.
 */
import { createHmisSimulator } from '../../src/connectors/hmis/simulator/simulator.js';
import { practiceData } from './practice-data.js';
import type { PracticeAnswer, PracticeQuestion } from './practice-process.js';

const [consultants = 1, patients = 1] = process.argv.slice(2).map(Number);
const practice = await createHmisSimulator({ data: practiceData(consultants, patients) });
const say = (answer: PracticeAnswer): void => void process.send?.(answer);

process.on('message', (question: PracticeQuestion) => {
  if ('standingIn' in question) {
    const standing = practice.hmis
      .bookings()
      .filter(({ cancelled, sessionInstanceId }) => !cancelled && sessionInstanceId === question.standingIn);
    say({ count: standing.length });
  } else say({ count: practice.requests.count(question.callsOf) });
});
process.once('disconnect', () => process.exit(0));
say({ url: practice.url });
