/**
 * The practice system of the soak: started with the number of its consultants and of its patients, says its port, then
 * takes the trouble that it is told to make, and tells which bookings stand: how many in each session.
 */
import { createHmisSimulator } from '../../../src/connectors/hmis/simulator/simulator.js';
import { SECRETS } from '../../../bench/practice.js';
import { practiceData } from '../../gates/practice-data.js';
import { isTrouble, LAG_MS, TROUBLES, type Trouble } from '../troubles.js';

const [consultants = 1, patients = 1] = process.argv.slice(2).map(Number);
const data = practiceData(consultants, patients);
const keys = [{ key: SECRETS['BENCH_PRACTICE_KEY'] ?? '', retired: false }];
const practice = await createHmisSimulator({ data: { ...data, keys } });

function standing(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { cancelled, retired, sessionInstanceId } of practice.hmis.bookings())
    if (!cancelled && !retired) counts[String(sessionInstanceId)] = (counts[String(sessionInstanceId)] ?? 0) + 1;
  return counts;
}

process.on('message', (question: Trouble | 'standing') => {
  if (!isTrouble(question)) return void process.send?.(standing());
  practice.faults.clear();
  practice.hmis.turn({ lookUpLagMs: LAG_MS[question] ?? 0 });
  for (const script of TROUBLES[question]) practice.faults.script({ ...script, times: 'always' });
  process.send?.({});
});
process.once('disconnect', () => process.exit(0));
process.once('SIGTERM', () => process.exit(0));
process.send?.({ port: practice.port });
