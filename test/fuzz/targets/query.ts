/** Queries: what stands behind the question mark of a search, in every zone that it may be read in. */
import { createPracticeZone } from '../../../src/domain/time.js';
import { stu3Representation as stu3 } from '../../../src/fhir/stu3/index.js';
import { queryOf } from '../../../src/http/address.js';
import { BrokenPromise, CANARIES, CANARY, refusedOr, type Target } from './target.js';

const ZONES = ['Europe/London', 'Asia/Kathmandu', 'Australia/Lord_Howe'].map(createPracticeZone);
const LONGEST_MS = 15 * 24 * 60 * 60 * 1000;

const SEARCH = 'status=free&_include=Slot:schedule';
const texts = [
  `start=ge2026-05-18&end=le2026-05-22&${SEARCH}`,
  `start=ge2026-03-28T00:30:00+00:00&end=le2026-03-29T03:00:00+01:00&${SEARCH}&_include:recurse=Schedule:actor:Practitioner`,
  `start=ge2026-10-25T01:30:00%2B01:00&end=le2026-10-25&${SEARCH}&_include:recurse=Schedule:actor:Location`,
  `start=ge2026-05-18&end=le2026-05-18&${SEARCH}&searchFilter=https://fhir.nhs.uk/STU3/CodeSystem/GPConnect-OrganisationType-1|gp-practice,https://fhir.nhs.uk/Id/ods-organization-code|A99901`,
  'start=ge2026-05-18&start=le2026-05-22',
  'identifier=https://fhir.nhs.uk/Id/nhs-number|9990000018',
  'identifier=https://fhir.nhs.uk/Id/sds-user-id|111222333444',
  'identifier=https%3A%2F%2Ffhir.nhs.uk%2FId%2Fods-organization-code%7CA99901',
  `identifier=${CANARY}|${CANARY}&start=${CANARY}&end=ge${CANARY}&status=${CANARY}&_include=${CANARY}`,
];

export const slotSearch: Target = {
  name: 'slot-search',
  seeds: texts.map((text) => Buffer.from(text)),
  dictionary: [
    ...CANARIES,
    'ge',
    'le',
    '&start=ge',
    '&end=le',
    '&start=le9999-12-31',
    '2026-03-29',
    '2026-10-25',
    '2026-04-05',
    '9999-12-31',
    '0100-01-01',
    '0099-12-31',
    'T23:59:60',
    'T24:00:00',
    'T00:00:00Z',
    '+05:45',
    '%2B11:00',
    '-00:00',
    '.000',
    '%',
    '%zz',
    '%00',
    '%F0%9F%98%80',
    '&',
    '=',
    '|',
    ',',
    'status=free',
    '_include=Slot:schedule',
    '_include:recurse=',
    'searchFilter=',
    '&__proto__=1',
  ],
  run(bytes) {
    // An address comes as one byte a character.
    const query = queryOf(`/Slot?${bytes.toString('latin1')}`);
    for (const zone of ZONES) {
      for (const parse of [
        () => stu3.parseSlotSearch(query, zone).search.window,
        () => stu3.parseAppointmentSearch(query, zone),
      ]) {
        const { start, end } = refusedOr(parse)?.value ?? { start: 0, end: 0 };
        if (!(Number.isFinite(start) && Number.isFinite(end) && end >= start)) {
          throw new BrokenPromise(`a window that runs backwards, or none: ${start} to ${end}`);
        }
      }
      const { start, end } = refusedOr(() => stu3.parseSlotSearch(query, zone))?.value.search.window ?? {
        start: 0,
        end: 0,
      };
      if (end - start > LONGEST_MS)
        throw new BrokenPromise('a window of more than 14 days and the hour of a clock change');
    }
    refusedOr(() => stu3.parsePatientSearch(query));
    refusedOr(() => stu3.parsePractitionerSearch(query));
    refusedOr(() => stu3.parseOrganizationSearch(query));
  },
};
