/** `$validate` over HTTP, of both releases, through the whole gateway. */
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createValidator, loadBaseDefinitions } from '../../../src/validation/index.js';
import type { Json } from '../../support/consumer.js';
import { startTestGateway, type TestGateway } from '../../support/gateway.js';
import { codec, example, issuesOf, JSON_TYPE, post, XML_TYPE, type Answer, type Release } from './support.js';

const GPC_PATIENT = 'https://fhir.nhs.uk/STU3/StructureDefinition/CareConnect-GPC-Patient-1';
const UKCORE_PATIENT = 'https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient';
const SECRET = 'Wintergreen';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.stop());

const ask = (address: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer> =>
  post(gateway.url, address, body, headers);

/** Without the notes on what can't be checked. */
const told = (answer: Answer): string[] => issuesOf(answer).filter((issue) => !issue.endsWith(' terminology'));

const RELEASES: readonly Release[] = ['STU3', 'R4'];
const patient = (change: object = {}): Json => ({
  resourceType: 'Patient',
  id: 'p1',
  // R4 would have a warning for each resource without a narrative.
  text: { status: 'generated', div: '<div xmlns="http://www.w3.org/1999/xhtml">A patient</div>' },
  name: [{ family: SECRET }],
  ...change,
});
const parameters = (...parameter: object[]): Json => ({ resourceType: 'Parameters', parameter });

describe.each(RELEASES)('%s', (release) => {
  it('a valid resource is All OK, and says so as the one issue', async () => {
    const answer = await ask(`${release}/Patient/$validate`, patient());
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/fhir+json;charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.body).toEqual({
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'information',
          code: 'informational',
          details: { text: 'All OK' },
          diagnostics: 'No errors against the release and the profiles in meta.profile.',
        },
      ],
    });
  });

  it('an issue has its place, its line and column, its rule and a sentence', async () => {
    const { text: narrative } = patient();
    const lines = ['{"resourceType": "Patient",', '  "name": [{ "family": "a" },', '    { "use": "nick" }],'];
    const text = [...lines, `"text": ${JSON.stringify(narrative)}}`].join('\n');
    const answer = await ask(`${release}/Patient/$validate`, text);
    expect(answer.status).toBe(200);
    expect(answer.body.issue).toEqual([
      {
        extension: [
          { url: 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-line', valueInteger: 3 },
          { url: 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-col', valueInteger: 14 },
        ],
        severity: 'error',
        code: 'code-invalid',
        details: {
          coding: [{ system: 'urn:slotbridge:validation-rule', code: 'binding' }],
          text: expect.stringMatching(/^[A-Z].*\.$/) as unknown,
        },
        diagnostics: expect.stringContaining('HumanName.use') as unknown,
        location: ['Line[3] Col[14]'],
        expression: ['Patient.name[1].use'],
      },
    ]);
  });

  it('XML is read, with its lines, and answered', async () => {
    const xml = codec(release)
      .write(patient({ gender: 'none' }))
      .replace('<gender', '\n<gender');
    const answer = await ask(`${release}/Patient/$validate`, xml, { 'Content-Type': XML_TYPE });
    expect(answer.headers.get('content-type')).toBe('application/fhir+xml;charset=utf-8');
    expect(answer.body.issue).toMatchObject([{ expression: ['Patient.gender'], location: ['Line[2] Col[1]'] }]);
  });

  it('the answer is valid itself', async () => {
    const answer = await ask(`${release}/Patient/$validate`, patient({ gender: 'none', foo: 1 }));
    expect(answer.body.issue).toHaveLength(2);
    const validator = createValidator({ release: release === 'R4' ? 'r4' : 'stu3', quietTerminology: true });
    expect(validator.validate(answer.body).filter(({ severity }) => severity === 'error')).toEqual([]);
  });

  it('no value of the resource is repeated, whatever is wrong with it', async () => {
    const wrong = { ...patient(), gender: SECRET, birthDate: SECRET, active: SECRET, [SECRET]: { a: SECRET } };
    const answer = await ask(`${release}/Patient/$validate`, wrong);
    expect(answer.body.issue.length).toBeGreaterThan(3);
    const sentences = answer.body.issue.map(({ details, diagnostics }: Json) => [details.text, diagnostics]);
    // The name of an element is its place.
    expect(JSON.stringify(sentences.filter(([text]: Json) => !text.includes('element')))).not.toContain(SECRET);
    expect(JSON.stringify(gateway.logLines)).not.toContain(SECRET);
  });

  it('a profile may be asked for in the query or in Parameters', async () => {
    const url = release === 'R4' ? UKCORE_PATIENT : GPC_PATIENT;
    const bad = patient({ identifier: [{ system: 'https://fhir.nhs.uk/Id/nhs-number' }] });
    const inQuery = await ask(`${release}/Patient/$validate?profile=${encodeURIComponent(url)}`, bad);
    const inBody = await ask(
      `${release}/Patient/$validate`,
      parameters({ name: 'profile', valueUri: url }, { name: 'resource', resource: bad }),
    );
    const without = await ask(`${release}/Patient/$validate`, bad);
    expect(issuesOf(inBody)).toEqual(issuesOf(inQuery));
    expect(issuesOf(inQuery)).not.toEqual(issuesOf(without));
    expect(JSON.stringify(inQuery.body)).toContain(url);
  });

  it('in Parameters the places are those of the resource, the lines those of the whole body', async () => {
    const text = `{"resourceType":"Parameters","parameter":[{"name":"resource","resource":\n${JSON.stringify(patient({ gender: 'none' }))}}]}`;
    const answer = await ask(`${release}/Patient/$validate`, text);
    expect(answer.body.issue).toMatchObject([{ expression: ['Patient.gender'] }]);
    expect(answer.body.issue[0].location[0]).toMatch(/^Line\[2\] /);
  });

  it('a profile that nobody knows, or that is for another type, is an error and no refusal', async () => {
    const unknown = await ask(`${release}/Patient/$validate?profile=urn:no-such-profile`, patient());
    expect(unknown.status).toBe(200);
    expect(unknown.body.issue).toMatchObject([{ severity: 'error', code: 'not-found', expression: ['Patient'] }]);
    const other = 'http://hl7.org/fhir/StructureDefinition/Observation';
    expect(issuesOf(await ask(`${release}/Patient/$validate?profile=${other}`, patient()))).toEqual([
      'error Patient profile',
    ]);
  });

  it('meta.profile of the resource is held to; one that is not known is a warning beside All OK', async () => {
    const answer = await ask(`${release}/Patient/$validate`, patient({ meta: { profile: ['urn:no-such-profile'] } }));
    expect(issuesOf(answer)).toEqual(['information - All OK', 'warning Patient.meta.profile[0] profile']);
  });

  it('a resource of another type than the address says is an error', async () => {
    const answer = await ask(`${release}/Slot/$validate`, patient());
    expect(answer.status).toBe(200);
    expect(issuesOf(answer)).toEqual(['error Slot resource-type']);
  });

  it.each([
    ['no object', '[1]'],
    ['no resource', '{"a":1}'],
    ['null', 'null'],
  ])('what is %s is an error', async (_title, text) => {
    expect(issuesOf(await ask(`${release}/Patient/$validate`, text))).toEqual(['error Patient resource-type']);
  });

  it('Parameters themselves can be validated, by themselves and in Parameters', async () => {
    const inner = parameters({ name: 'a', valueString: 'b', foo: 1 });
    const place = 'error Parameters.parameter[0].foo unknown-element';
    expect(issuesOf(await ask(`${release}/Parameters/$validate`, inner))).toEqual([place]);
    const outer = parameters({ name: 'resource', resource: inner });
    expect(issuesOf(await ask(`${release}/Parameters/$validate`, outer))).toEqual([place]);
  });

  it('an update has the id of the address', async () => {
    expect(told(await ask(`${release}/Patient/p1/$validate`, patient()))).toEqual(['information - All OK']);
    expect(told(await ask(`${release}/Patient/p2/$validate`, patient()))).toEqual(['error Patient.id operation']);
    const none = patient({ id: undefined });
    expect(told(await ask(`${release}/Patient/p1/$validate`, none))).toEqual(['error Patient.id operation']);
    expect(told(await ask(`${release}/Patient/$validate?mode=update`, none))).toEqual(['error Patient.id operation']);
    expect(told(await ask(`${release}/Patient/$validate?mode=create`, none))).toEqual(['information - All OK']);
  });

  it('nothing can be deleted', async () => {
    const answer = await ask(`${release}/Patient/$validate`, parameters({ name: 'mode', valueCode: 'delete' }));
    expect(answer.status).toBe(200);
    expect(answer.body.issue).toMatchObject([{ severity: 'error', code: 'not-supported' }]);
  });

  it('a parameter that is not known is named, for one that is misspelt would let everything pass', async () => {
    expect(told(await ask(`${release}/Patient/$validate?profil=x`, patient()))).toEqual([
      'information - All OK',
      'warning - operation',
    ]);
    const inBody = parameters({ name: 'resource', resource: patient() }, { name: 'profil', valueUri: 'x' });
    expect(told(await ask(`${release}/Patient/$validate`, inBody))).toEqual([
      'information - All OK',
      'warning Parameters.parameter[1] operation',
    ]);
  });

  it('the same name twice in one object is an error with its place', async () => {
    const answer = await ask(`${release}/Patient/$validate`, '{"resourceType":"Patient","id":"a",\n"id":"b"}');
    expect(answer.body.issue[0]).toMatchObject({ severity: 'error', location: ['Line[2] Col[1]'] });
  });

  it('gzip is read and given', async () => {
    const body = gzipSync(JSON.stringify(patient()));
    const headers = { 'Content-Encoding': 'gzip', 'Accept-Encoding': 'gzip' };
    const answer = await ask(`${release}/Patient/$validate`, body, headers);
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(told(answer)).toEqual(['information - All OK']);
  });
});

describe('examples', () => {
  it.each([
    ['STU3', 'CareConnect-GPC-Patient-1.registered', 'Patient'],
    ['STU3', 'CareConnect-GPC-Organization-1.practice', 'Organization'],
    ['R4', 'UKCore-Appointment.rich', 'Appointment'],
    ['R4', 'UKCore-Patient.rich', 'Patient'],
  ] as const)('%s %s is All OK', async (release, name, type) => {
    const [first, ...rest] = issuesOf(await ask(`${release}/${type}/$validate`, example(release, name)));
    expect(first).toBe('information - All OK');
    expect(rest.filter((issue) => issue.startsWith('error'))).toEqual([]);
  });

  it('terminology that is not known here is told as information', async () => {
    const coded = { coding: [{ system: 'http://snomed.info/sct', code: '1' }] };
    const answer = await ask('R4/Condition/$validate', {
      resourceType: 'Condition',
      subject: { reference: 'Patient/1' },
      bodySite: [coded],
      clinicalStatus: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
      },
    });
    expect(issuesOf(answer)[0]).toBe('information - All OK');
  });
});

describe('refusals', () => {
  const refused = async (answer: Promise<Answer>, status: number, code: string): Promise<string> => {
    const { status: found, body } = await answer;
    expect({ status: found, code: body.issue?.[0]?.code }).toEqual({ status, code });
    expect(body).toEqual({ resourceType: 'OperationOutcome', issue: [expect.anything()] });
    return body.issue[0].diagnostics as string;
  };

  it('a body that is no JSON is 400 with line and column, and not quoted', async () => {
    const text = `{"resourceType": "Patient",\n "name": ${SECRET}}`;
    const said = await refused(ask('STU3/Patient/$validate', text), 400, 'invalid');
    expect(said).toContain('line 2, column 10');
    expect(said).not.toContain(SECRET);
  });

  it('a body that is no XML is 400 with line and column', async () => {
    const answer = ask('R4/Patient/$validate', '<Patient xmlns="http://hl7.org/fhir">\n<id', {
      'Content-Type': XML_TYPE,
      Accept: JSON_TYPE,
    });
    expect(await refused(answer, 400, 'invalid')).toMatch(/line 2/);
  });

  it.each([
    ['an empty body', ''],
    ['Parameters without a resource', parameters({ name: 'profile', valueUri: 'urn:x' })],
    ['two resources', parameters({ name: 'resource', resource: patient() }, { name: 'resource', resource: patient() })],
    ['a resource parameter without one', parameters({ name: 'resource' })],
    ['a profile that is no text', parameters({ name: 'profile', valueUri: 1 })],
    ['a parameter without a name', parameters({ valueString: 'x' })],
    ['parameters that are no list', { resourceType: 'Parameters', parameter: {} }],
    ['a mode of its own', parameters({ name: 'mode', valueCode: 'guess' })],
    [
      'two modes',
      parameters(
        { name: 'mode', valueCode: 'create' },
        { name: 'mode', valueCode: 'update' },
        { name: 'resource', resource: patient() },
      ),
    ],
  ])('%s is 400', async (_title, body) => {
    await refused(ask('R4/Patient/$validate', body), 400, 'invalid');
  });

  it('a body that is not UTF-8 is 400', async () => {
    await refused(ask('STU3/Patient/$validate', Buffer.from([0x7b, 0xff, 0x7d])), 400, 'invalid');
  });

  it('a media type that nobody speaks is 415', async () => {
    await refused(ask('STU3/Patient/$validate', 'x', { 'Content-Type': 'text/csv' }), 415, 'invalid');
    await refused(ask('STU3/Patient/$validate', patient(), { Accept: 'text/turtle' }), 415, 'invalid');
    await refused(ask('STU3/Patient/$validate', patient(), { 'Content-Encoding': 'br' }), 415, 'invalid');
  });

  it('a body larger than 1 MiB is 413', async () => {
    const large = `{"resourceType":"Patient","x":"${'x'.repeat(1024 * 1024)}"}`;
    expect(await refused(ask('R4/Patient/$validate', large), 413, 'too-long')).toBe('The body is larger than 1024 KiB');
  });

  it('a type that the release does not have is 404', async () => {
    await refused(ask('STU3/Sandwich/$validate', patient()), 404, 'invalid');
    await refused(ask('STU3/DomainResource/$validate', patient()), 404, 'invalid');
    await refused(ask('STU3/__proto__/$validate', patient()), 404, 'invalid');
  });

  it('another method is told the right one', async () => {
    const response = await fetch(`${gateway.url}/R4/Patient/$validate`);
    expect(response.status).toBe(400);
    expect(((await response.json()) as Json).issue[0].diagnostics).toBe('GET is not allowed here. Use POST');
  });

  it('in XML where XML is spoken', async () => {
    const answer = await ask('R4/Patient/$validate', '', { 'Content-Type': XML_TYPE });
    expect({ status: answer.status, type: answer.headers.get('content-type') }).toEqual({
      status: 400,
      type: 'application/fhir+xml;charset=utf-8',
    });
  });
});

describe('around it', () => {
  it('whoever asks for something that takes long holds up nobody else', async () => {
    // Nothing of these types is compiled yet, and each of them has to be.
    const types = [...loadBaseDefinitions('r4').types].filter(
      ([, { kind, abstract }]) => kind === 'resource' && !abstract,
    );
    const entry = types.map(([resourceType]) => ({ resource: { resourceType } }));
    let finished = false;
    const long = ask('R4/Bundle/$validate', { resourceType: 'Bundle', type: 'collection', entry }).finally(() => {
      finished = true;
    });
    for (let count = 0; count < 5; count += 1) {
      expect((await fetch(`${gateway.url}/livez`)).status).toBe(200);
      expect(finished).toBe(false);
    }
    expect((await long).body.issue.length).toBeGreaterThan(100);
  });

  it('with more issues than are told, the last one says so', async () => {
    const many = patient({ name: Array.from({ length: 200 }, () => ({ use: 'x' })) });
    const answer = await ask('STU3/Patient/$validate', many);
    expect(answer.body.issue).toHaveLength(101);
    expect(issuesOf(answer).at(-1)).toBe('information Patient too-large');
  });

  it('each request leaves an audit event without a practice and a line in the log', async () => {
    const before = gateway.logLines.length;
    await ask('STU3/Patient/$validate', patient());
    await gateway.gateway.records.audit.flush();
    const rows = await gateway.gateway.records.audit.rows(1, 10_000);
    expect(rows.at(-1)?.event).toMatchObject({
      kind: 'request',
      interaction: 'http://hl7.org/fhir/OperationDefinition/Resource-validate',
      status: 200,
      resources: [],
    });
    expect(JSON.stringify(rows)).not.toContain(SECRET);
    const line = gateway.logLines.slice(before).find(({ event }) => event === 'request');
    expect(line?.fields).toMatchObject({ method: 'POST', route: '/STU3/:type/$validate', interaction: 'validate' });
  });

  it('a page in a browser may ask', async () => {
    const response = await fetch(`${gateway.url}/R4/Patient/$validate`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://forge.example', 'Access-Control-Request-Method': 'POST' },
    });
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toBe('POST');
  });

  it('an encoded dollar sign is one', async () => {
    expect(told(await ask('STU3/Patient/%24validate', patient()))).toEqual(['information - All OK']);
  });

  it('many at once are each answered with their own', async () => {
    const ids = Array.from({ length: 12 }, (_one, index) => `p${index}`);
    const answers = await Promise.all(
      ids.map((id, index) => ask(`R4/Patient/${id}/$validate`, patient({ id: index % 2 ? id : 'other' }))),
    );
    expect(answers.map((answer) => told(answer)[0])).toEqual(
      ids.map((_id, index) => (index % 2 ? 'information - All OK' : 'error Patient.id operation')),
    );
  });
});
