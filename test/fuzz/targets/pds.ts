/** Patients of the national register, as far as they come from JSON: its exchange is another library's. */
import { traceOf } from '../../../src/connectors/pds/from-patient.js';
import { PdsFault } from '../../../src/connectors/pds/fault.js';
import { loadPdsData } from '../../../src/connectors/pds/simulator/index.js';
import { patientOf } from '../../../src/connectors/pds/simulator/patient.js';
import { spineCodesOf } from '../../../src/connectors/pds/wire.js';
import { nhs } from '../../connectors/hmis-practice.js';
import { BrokenPromise, CANARIES, CANARY, expectQuiet, type Target } from './target.js';

const TODAY = '2026-05-18';
const asked = nhs('9990000018');
const { people } = loadPdsData(
  new URL('../../../fixtures/pds/people.yaml', import.meta.url).pathname,
  Date.parse(TODAY),
);

const patients = people.flatMap((person) =>
  'family' in person ? [JSON.stringify(patientOf(person)).replaceAll(person.nhsNumber, asked)] : [],
);
const marked = patients
  .slice(0, 4)
  .map((text) => text.replace(/"(family|value|postalCode)":"[A-Z0][^"]*"/g, `"$1":"${CANARY}"`));
const outcome = {
  resourceType: 'OperationOutcome',
  issue: [
    {
      details: {
        coding: [{ system: 'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode', code: 'RESOURCE_NOT_FOUND' }],
      },
    },
  ],
};

export const pdsPatient: Target = {
  name: 'pds-patient',
  seeds: [...new Set([...patients, ...marked, JSON.stringify(outcome)])].map((text) => Buffer.from(text)),
  dictionary: [
    ...CANARIES,
    asked,
    '9990000026',
    'meta',
    'security',
    'code',
    'REDACTED',
    'U',
    'R',
    'usual',
    'period',
    'start',
    'end',
    '2026-05-17',
    '2026-05-19',
    '2026-02-30',
    'family',
    'given',
    'birthDate',
    'deceasedDateTime',
    'deceasedBoolean',
    'deathNotificationStatus',
    'valueCodeableConcept',
    'telecom',
    'address',
    'temp',
    'mobile',
    'interpreterRequired',
    'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-DeathNotificationStatus',
    'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSCommunication',
    'https://fhir.nhs.uk/Id/nhs-number',
    'https://fhir.nhs.uk/R4/CodeSystem/Spine-ErrorOrWarningCode',
  ],
  run(bytes) {
    let body: unknown;
    try {
      body = JSON.parse(bytes.toString('utf8'));
    } catch {
      // Text that is no JSON never comes as far.
      return;
    }
    spineCodesOf(body);
    try {
      const found = traceOf(asked, body, TODAY);
      if (!['found', 'superseded', 'sensitive', 'deceased'].includes(found.outcome)) {
        throw new BrokenPromise('an outcome of no kind');
      }
    } catch (error) {
      if (!(error instanceof PdsFault)) throw error;
      expectQuiet(`${error.message} ${error.toGatewayError().message}`);
    }
  },
};
