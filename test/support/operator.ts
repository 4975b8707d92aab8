/** A gateway with an operator port, time that can be skipped, and an operator at work there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Json } from './consumer.js';
import { impatient } from './appointments.js';
import { startTestGateway, type TestGateway, type TestGatewayOptions } from './gateway.js';

export const TOKEN = 'b3f1c0de5a1ad0b3f1c0de5a1ad0b3f1';
export const OPERATOR = 'Sam Field';

export interface OperatorAnswered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: Json;
}

export interface OperatedGateway extends TestGateway {
  readonly operatorUrl: string;
  /** Wall and monotonic time go on together; who sleeps does not notice until it wakes. */
  skip(ms: number): void;
  operator(path: string, send?: object, token?: string): Promise<OperatorAnswered>;
  /** Ids on one of the lists. */
  listed(list: string): Promise<string[]>;
}

export async function startOperatedGateway(options: TestGatewayOptions = {}): Promise<OperatedGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-operator-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${TOKEN}\n`);
  const part = `\noperator:\n  port: 0\n  operators: [{ name: ${OPERATOR}, token: { file: '${tokenFile}' } }]\n`;
  let skipped = 0;
  const gateway = await startTestGateway({
    practices: (yaml) => impatient(yaml) + part,
    runtime: (runtime) => ({
      ...runtime,
      clock: { now: () => runtime.clock.now(), monotonic: () => runtime.clock.monotonic() + skipped },
    }),
    ...options,
  });
  const operatorUrl = gateway.gateway.operator?.url ?? '';
  const operator: OperatedGateway['operator'] = async (path, send, token = TOKEN) => {
    const headers = {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(send && { 'content-type': 'application/json' }),
    };
    const asked = send ? { method: 'POST', headers, body: JSON.stringify(send) } : { headers };
    const answer = await fetch(operatorUrl + path, asked);
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get('content-type') ?? '');
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined };
  };
  return {
    ...gateway,
    operatorUrl,
    operator,
    skip(ms) {
      skipped += ms;
      gateway.clock.advance(ms);
    },
    async listed(list) {
      const { body } = await operator(`/attempts?list=${list}`);
      return body.attempts.map(({ id }: Json) => id);
    },
    async stop() {
      await gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function until(condition: () => Promise<boolean>, ms = 30_000): Promise<void> {
  for (let waited = 0; !(await condition()); waited += 50) {
    if (waited > ms) throw new Error('waited in vain');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
