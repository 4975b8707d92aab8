/** What a registration comes to when the practice system misbehaves at the call that makes the record. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TestAnswer, TestConsumer } from '../support/consumer.js';
import { expectRefusal, NHS_NUMBER, registrationBody, UNREGISTERED } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let consumer: TestConsumer;

beforeEach(async () => {
  gateway = await startTestGateway({
    practices: (yaml) =>
      yaml.replaceAll(
        '      allowHttp: true\n      key:',
        '      allowHttp: true\n      timeouts: { registerMs: 600 }\n      key:',
      ),
  });
  consumer = gateway.consumer();
});
afterEach(() => gateway.stop());

const REGISTER = { method: 'POST', path: '/rh/api/patients' };
const DAY = 86_400_000;

const register = (): Promise<TestAnswer> =>
  consumer.post('register', '/Patient/$gpc.registerpatient', registrationBody());
const find = (): Promise<TestAnswer> =>
  consumer.get('findPatient', `/Patient?identifier=${encodeURIComponent(`${NHS_NUMBER}|${UNREGISTERED.nhsNumber}`)}`);
const records = (): number =>
  gateway.riverside.hmis.patients().filter(({ phn }) => phn === UNREGISTERED.nhsNumber).length;

async function until(condition: () => boolean): Promise<void> {
  for (let waited = 0; !condition(); waited += 20) {
    if (waited > 10_000) throw new Error('waited ten seconds in vain');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('the answer to a registration comes too late', () => {
  it('a repeat meanwhile sends nothing, and one record is made', async () => {
    gateway.riverside.faults.script({ match: REGISTER, fault: { kind: 'delay', ms: 1_800, when: 'before' } });
    expect(expectRefusal(await register(), 504, 'INTERNAL_SERVER_ERROR').code).toBe('timeout');
    expectRefusal(await register(), 504, 'INTERNAL_SERVER_ERROR');
    expect(gateway.riverside.requests.count(REGISTER)).toBe(1);
    await until(() => records() === 1);
    const answer = await register();
    // Finished by the late answer, or by this request: either way there is one record and the patient can be found.
    expect([200, 409]).toContain(answer.status);
    expect(records()).toBe(1);
    expect((await find()).body.entry).toHaveLength(1);
  });
});

describe('a registration that provably did not happen', () => {
  it('leaves no trace: a record the practice makes itself is no temporary one, and stays', async () => {
    gateway.riverside.faults.script({
      match: REGISTER,
      fault: { kind: 'system', name: 'key-expired', when: 'before' },
    });
    expectRefusal(await register(), 503, 'INTERNAL_SERVER_ERROR');
    expect(records()).toBe(0);
    const { family, given, birthDate, nhsNumber } = UNREGISTERED;
    const made = await fetch(`${gateway.riverside.url}${REGISTER.path}`, {
      method: 'POST',
      headers: { Finance: 'demo-riverside-key', 'Content-Type': 'application/json' },
      body: JSON.stringify({ name: `${given} ${family}`, dob: `${birthDate} 00:00:00`, phn: nhsNumber }),
    });
    expect(made.status).toBe(201);
    const urls = (answer: TestAnswer): string[] =>
      (answer.body.entry[0].resource.extension ?? []).flatMap((one: { extension: { url: string }[] }) =>
        one.extension.map(({ url }) => url),
      );
    expect(urls(await find())).not.toContain('registrationPeriod');
    gateway.clock.advance(120 * DAY);
    expect((await find()).body.entry).toHaveLength(1);
  });

  it('and can be sent again at once', async () => {
    gateway.riverside.faults.script({
      match: REGISTER,
      fault: { kind: 'system', name: 'key-expired', when: 'before' },
    });
    expectRefusal(await register(), 503, 'INTERNAL_SERVER_ERROR');
    expect((await register()).status).toBe(200);
    expect(records()).toBe(1);
  });
});
