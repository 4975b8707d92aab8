import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../support/consumer.js';
import { PROFILE } from '../support/flow.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { expectValid } from '../support/validity.js';

let gateway: TestGateway;
let statement: Json;
beforeAll(async () => {
  gateway = await startTestGateway();
  const answer = await gateway.consumer().get('metadata', '/metadata');
  expect(answer.status).toBe(200);
  statement = answer.body;
});
afterAll(() => gateway.stop());

const resource = (type: string): Json => statement.rest[0].resource.find((one: Json) => one.type === type);
const codes = (type: string): string[] =>
  resource(type)
    .interaction.map(({ code }: Json) => code)
    .sort();
const params = (type: string): string[] => (resource(type).searchParam ?? []).map(({ name }: Json) => name).sort();

describe('get the capability statement', () => {
  it('the statement is a valid STU3 CapabilityStatement [9.1-2]', () => {
    expectValid(statement, 'CapabilityStatement');
  });

  it('version is that of the specification, and fhirVersion 3.0.1 [9.1-3 9.1-7 9.1-8]', () => {
    expect(statement).toMatchObject({ version: '1.2.7', fhirVersion: '3.0.1', acceptUnknown: 'both' });
  });

  it('name, status and kind are those of the specification [9.1-4]', () => {
    expect(statement).toMatchObject({ name: 'GP Connect', status: 'active', kind: 'capability' });
  });

  it('date, publisher, contact, description, copyright and software are populated [9.1-5 9.1-6]', () => {
    const { date, publisher, contact, description, copyright, software } = statement;
    expect(date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    for (const text of [publisher, contact[0].name, description, copyright, software.name, software.version]) {
      expect(text).toMatch(/\S/);
    }
    expect(software.releaseDate).toMatch(/^\d{4}-\d{2}-\d{2}$/);
  });

  it('format lists what is spoken: application/fhir+json and application/fhir+xml [9.1-9]', async () => {
    expect(statement.format).toEqual(['application/fhir+json', 'application/fhir+xml']);
    for (const format of statement.format as string[]) {
      const response = await fetch(`${gateway.consumer().baseUrl}/metadata`, { headers: { Accept: format } });
      expect(response.headers.get('content-type')?.split(';')[0]).toBe(format);
    }
  });

  it('there is one server with CORS declared [9.1-11]', () => {
    expect(statement.rest).toHaveLength(1);
    expect(statement.rest[0]).toMatchObject({ mode: 'server', security: { cors: true } });
  });

  it('Patient has read and search-type with identifier [9.1-12]', () => {
    expect([codes('Patient'), params('Patient')]).toEqual([['read', 'search-type'], ['identifier']]);
    expect(resource('Patient').searchParam[0].type).toBe('token');
  });

  it.each(['Practitioner', 'Organization'])('%s has read and search-type with identifier [9.1-12]', (type) => {
    expect([codes(type), params(type)]).toEqual([['read', 'search-type'], ['identifier']]);
    expect(resource(type).searchParam[0].type).toBe('token');
  });

  it('Location has read only [9.1-13]', () => {
    expect([codes('Location'), params('Location')]).toEqual([['read'], []]);
  });

  it('Appointment has create, read, update, and search-type with start; an update never creates [9.1-14]', () => {
    expect(codes('Appointment')).toEqual(['create', 'read', 'search-type', 'update']);
    expect(resource('Appointment').updateCreate).toBe(false);
    expect(resource('Appointment').searchParam).toEqual([{ name: 'start', type: 'date' }]);
  });

  it('Slot has search-type only, with its parameters and four includes [9.1-15 9.1-16]', () => {
    expect(codes('Slot')).toEqual(['search-type']);
    expect(params('Slot')).toEqual(['end', 'searchFilter', 'start', 'status']);
    expect([...resource('Slot').searchInclude].sort()).toEqual([
      'Location:managingOrganization',
      'Schedule:actor:Location',
      'Schedule:actor:Practitioner',
      'Slot:schedule',
    ]);
  });

  it('types of search parameters are those of the specification [9.1-15]', () => {
    const types = Object.fromEntries(resource('Slot').searchParam.map(({ name, type }: Json) => [name, type]));
    expect(types).toEqual({ start: 'date', end: 'date', status: 'token', searchFilter: 'token' });
  });

  it('the operation gpc.registerpatient refers to its definition [9.1-17 9.1-19]', () => {
    expect(statement.rest[0].operation).toEqual([
      {
        name: 'gpc.registerpatient',
        definition: {
          reference: 'https://fhir.nhs.uk/STU3/OperationDefinition/GPConnect-RegisterPatient-Operation-1',
        },
      },
    ]);
  });

  it.each([
    'CareConnect-GPC-Patient-1',
    'CareConnect-GPC-Organization-1',
    'CareConnect-GPC-Practitioner-1',
    'CareConnect-GPC-PractitionerRole-1',
    'CareConnect-GPC-Location-1',
    'GPConnect-OperationOutcome-1',
    'GPConnect-Appointment-1',
    'GPConnect-Schedule-1',
    'GPConnect-Slot-1',
  ])('profile lists %s once [9.1-10]', (name) => {
    expect(statement.profile.filter(({ reference }: Json) => reference === PROFILE + name)).toHaveLength(1);
  });

  it('every declared interaction is served: none of them is 501 [9.1-18]', async () => {
    const consumer = gateway.consumer();
    for (const { type, interaction } of statement.rest[0].resource as Json[]) {
      for (const { code } of interaction as Json[]) {
        const method = code === 'create' ? 'POST' : code === 'update' ? 'PUT' : 'GET';
        const path = code === 'read' || code === 'update' ? `/${type}/1` : `/${type}`;
        const { status } = await consumer.send(method, 'metadata', path, {}, method === 'GET' ? undefined : {});
        // The interaction id is that of another one, so what is served answers 400.
        expect([type, code, status]).toEqual([type, code, status === 501 ? 'served' : 400]);
      }
    }
  });

  it('parameters are ignored, and the practice is not asked [4.4-17]', async () => {
    const before = gateway.practiceCalls();
    const answer = await gateway.consumer().get('metadata', '/metadata?_summary=true&x=1');
    expect([answer.status, answer.body]).toEqual([200, statement]);
    expect(gateway.practiceCalls()).toBe(before);
  });

  it('it always succeeds: with both capabilities off, and with the practice and the register away [9.1-1]', async () => {
    const bare = await startTestGateway({
      practices: (yaml) =>
        yaml.replaceAll(
          'enabled: { foundations: true, appointmentManagement: true }',
          'enabled: { foundations: false, appointmentManagement: false }',
        ),
    });
    try {
      await Promise.all([bare.riverside.close(), bare.register.close()]);
      expect((await bare.consumer().get('metadata', '/metadata')).status).toBe(200);
    } finally {
      await bare.gateway.stop();
      await bare.hillside.close();
    }
  });
});
