/** Who may ask for validation: whoever may connect, and nobody else. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../../support/gateway.js';
import { NAME, withAccess } from '../../support/secure-gateway.js';
import { issuesOf, post, type Answer } from './support.js';

const HEADER = 'X-Client-Name';

let gateway: TestGateway;
beforeAll(async () => {
  const transport = `transport:\n  mode: behind-terminator\n  peers: ['127.0.0.1']\n  clientNameHeader: ${HEADER}\n  clientNames: [${NAME}]\n`;
  gateway = await startTestGateway({ practices: withAccess(transport) });
});
afterAll(() => gateway.stop());

const ask = (headers: Readonly<Record<string, string>>): Promise<Answer> =>
  post(gateway.url, 'STU3/Basic/$validate', { resourceType: 'Basic', code: { text: 'a' } }, headers);

describe('behind a terminator', () => {
  it('a consumer whose certificate may connect is answered without Ssp headers and token, and audited', async () => {
    const answer = await ask({ [HEADER]: NAME });
    expect({ status: answer.status, issues: issuesOf(answer) }).toEqual({
      status: 200,
      issues: ['information - All OK'],
    });
    const { audit } = gateway.gateway.records;
    await audit.flush();
    expect((await audit.rows(1, 1_000)).at(-1)?.event).toMatchObject({ status: 200, certificate: NAME });
  });

  it.each([
    ['no certificate', {}],
    ['one that may not connect', { [HEADER]: 'other.example.nhs.uk' }],
  ])('a consumer with %s is 403, and audited', async (_title, headers) => {
    const answer = await ask(headers);
    expect(answer.status).toBe(403);
    expect(answer.body).toEqual({
      resourceType: 'OperationOutcome',
      issue: [{ severity: 'error', code: 'forbidden', diagnostics: expect.stringMatching(/certificate/) as unknown }],
    });
    const { audit } = gateway.gateway.records;
    await audit.flush();
    expect((await audit.rows(1, 1_000)).at(-1)?.event).toMatchObject({ status: 403, code: 'access-denied' });
  });
});
