/** The operator port with mutual TLS of its own: the certificate says who the operator is, and others do not get in. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { askGateway, type Connection } from '../../src/cli/attempts/client.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { createPaper, tlsPart, type Paper } from '../support/secure-gateway.js';

const SAM = 'sam.ops.example.nhs.uk';

let paper: Paper;
let gateway: TestGateway;
let url: string;
beforeAll(async () => {
  paper = await createPaper();
  const part = `\noperator:\n  port: 0\n  clientNames: [${SAM}]\n${tlsPart(paper)}`;
  gateway = await startTestGateway({ practices: (yaml) => yaml + part });
  url = `https://localhost:${gateway.gateway.operator?.port}`;
  paper.write('servers.pem', paper.servers.certificate);
});
afterAll(async () => {
  await gateway.stop();
  paper.remove();
});

async function connectionOf(commonName: string): Promise<Connection> {
  const { certificate, key } = await paper.clients.issue({ commonName });
  return {
    url,
    ca: paper.path('servers.pem'),
    cert: paper.write(`${commonName}.pem`, certificate),
    key: paper.write(`${commonName}.key`, key),
  };
}

it('an operator is known by the certificate, also in the audit trail', async () => {
  const sam = await connectionOf(SAM);
  expect(await askGateway(sam, {}, '/attempts')).toEqual({ status: 200, body: { attempts: [] } });
  await gateway.gateway.records.audit.flush();
  const rows = await gateway.gateway.records.audit.rows(1, 100);
  expect(rows.at(-1)?.event).toMatchObject({ kind: 'operator-request', userName: SAM, status: 200 });
});

it.each(['msg.spine.example.nhs.uk', 'localhost'])("%s, a consumer's certificate, does not get in", async (name) => {
  const message = /does not answer as an operator port/;
  await expect(askGateway(await connectionOf(name), {}, '/livez')).rejects.toThrow(message);
  const nobody = { url, ca: paper.path('servers.pem') };
  await expect(askGateway(nobody, {}, '/livez')).rejects.toThrow(message);
});
