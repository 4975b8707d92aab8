/** What reaches beyond an element: references, contained resources, entries of a Bundle, extensions. */
import type { Case } from '../harness.js';
import {
  APPOINTMENT,
  BUNDLE,
  CODES,
  HOLDER,
  ORGANIZATION,
  PATIENT,
  SCHEDULE,
  SLOT,
  UK_APPOINTMENT,
  UK_PATIENT,
  UK_SLOT,
} from './examples.js';
import { bad, BASE, cases, change, coding, concept, extension, ok, OWN, profile, UK } from './kit.js';

const none = undefined;
const AT = 'https://gateway.example/R4';
const URN = 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0';

const SURGERY = profile('Surgery', 'Organization', { 'Organization.active': { min: 1 } });
const TARGETS = profile('TargetPatient', 'Patient', {
  'Patient.managingOrganization': { type: [{ code: 'Reference', targetProfile: [`${OWN}/Surgery`] }] },
  'Patient.generalPractitioner': {
    type: [{ code: 'Reference', targetProfile: [`${BASE}/Practitioner`, `${OWN}/Surgery`] }],
  },
});
const targets = {
  of: change(PATIENT, {
    contained: [{ ...ORGANIZATION, id: 'o', active: true }],
    managingOrganization: { reference: '#o' },
  }),
  profiles: [`${OWN}/TargetPatient`],
  definitions: [SURGERY, TARGETS],
};
const gp = (reference: string): Record<string, unknown> => ({ generalPractitioner: [{ reference }] });

const bundled = {
  of: {
    resourceType: 'Bundle',
    type: 'collection',
    entry: [
      {
        fullUrl: `${AT}/Patient/p-1`,
        resource: {
          ...PATIENT,
          meta: { profile: [`${OWN}/TargetPatient`] },
          managingOrganization: { reference: 'Organization/o-1' },
        },
      },
      { fullUrl: `${AT}/Organization/o-1`, resource: { ...ORGANIZATION, active: true } },
    ],
  },
  definitions: [SURGERY, TARGETS],
};

const NOTE = `${OWN}/Note`;
const OPENING = `${OWN}/Opening`;
const PARTS = profile(
  'Opening',
  'Extension',
  {
    'Extension.extension': { slicing: { discriminator: [{ type: 'value', path: 'url' }], rules: 'closed' } },
    'Extension.extension:from': { min: 1, max: '1' },
    'Extension.extension:from.extension': { max: '0' },
    'Extension.extension:from.url': { fixedUri: 'from' },
    'Extension.extension:from.value[x]': { min: 1, type: [{ code: 'time' }] },
    'Extension.extension:kind': { min: 0, max: '2' },
    'Extension.extension:kind.extension': { max: '0' },
    'Extension.extension:kind.url': { fixedUri: 'kind' },
    'Extension.extension:kind.value[x]': {
      min: 1,
      type: [{ code: 'CodeableConcept' }],
      patternCodeableConcept: concept(CODES, 'k'),
    },
    'Extension.url': { fixedUri: OPENING },
    'Extension.value[x]': { max: '0' },
  },
  { context: ['Patient.contact', 'Address'] },
);
const from = { url: 'from', valueTime: '09:00:00' };
const kind = { url: 'kind', valueCodeableConcept: concept(CODES, 'k') };
const opening = (...parts: unknown[]): Record<string, unknown> => ({
  'address.0.extension': [{ url: OPENING, extension: parts }],
});
const own = { of: PATIENT, definitions: [PARTS, extension('Note', ['Patient', 'Identifier'], ['string', 'boolean'])] };

const delivery = (value: object) => ({ extension: [{ url: `${UK}/Extension-UKCore-DeliveryChannel`, ...value }] });
const inPerson = concept('https://fhir.hl7.org.uk/CodeSystem/UKCore-DeliveryChannel', 'In-person');

export const REFERENCE_CASES: readonly Case[] = [
  ...cases('reference-target', { of: APPOINTMENT }, [
    ok('a participant may be a HealthcareService', { 'participant.0.actor.reference': 'HealthcareService/h-1' }),
    ok('a reference to one version', { 'participant.0.actor.reference': 'Patient/p-1/_history/2' }),
    ok('a reference elsewhere of a right type', { 'participant.0.actor.reference': `${AT}/Patient/p-1` }),
    ok('a reference that does not tell its type', { 'participant.0.actor.reference': URN }),
    ok('a reference by identifier only', { 'participant.0.actor': { identifier: { value: 'x' } } }),
    ok('a reference by display only', { 'participant.0.actor': { display: 'The nurse' } }),
    ok('any resource where any may be meant', { supportingInformation: [{ reference: 'Basic/b-1' }] }),
    bad(
      'a participant is no Organization',
      { 'participant.0.actor.reference': 'Organization/o-1' },
      'reference-target Appointment.participant[0].actor',
    ),
    bad(
      'a wrong type elsewhere',
      { 'participant.1.actor.reference': `${AT}/Slot/s-1` },
      'reference-target Appointment.participant[1].actor',
    ),
    bad(
      'a wrong type with a version',
      { 'participant.0.actor.reference': 'Slot/s-1/_history/2' },
      'reference-target Appointment.participant[0].actor',
    ),
    bad('a Slot is no Schedule', { 'slot.0.reference': 'Schedule/c-1' }, 'reference-target Appointment.slot[0]'),
    bad(
      'the second of several references',
      { 'slot.1': { reference: 'Patient/p-1' } },
      'reference-target Appointment.slot[1]',
    ),
    bad(
      'a type that is told beside an identifier',
      { 'participant.0.actor': { type: 'Organization', identifier: { value: 'x' } } },
      'reference-target Appointment.participant[0].actor',
    ),
    bad(
      'basedOn is a ServiceRequest in R4',
      { basedOn: [{ reference: 'CarePlan/1' }] },
      'reference-target Appointment.basedOn[0]',
    ),
  ]),
  ...cases('reference-target', { of: SCHEDULE }, [
    bad(
      'a Schedule of an Organization',
      { 'actor.0.reference': 'Organization/o-1' },
      'reference-target Schedule.actor[0]',
    ),
  ]),
  ...cases('reference-target', targets, [
    ok('a contained target that meets its profile', {}),
    ok('a target that is not at hand may meet it', {
      contained: none,
      'managingOrganization.reference': 'Organization/o-1',
    }),
    ok('one of several target profiles is enough', gp('#o')),
    ok('the other of several target types', gp('Practitioner/n-1')),
    bad(
      'a contained target that does not meet its profile',
      { 'contained.0.active': none },
      'reference-target Patient.managingOrganization',
    ),
    bad(
      'a contained target of another type',
      { 'contained.0': { resourceType: 'Practitioner', id: 'o', active: true } },
      'reference-target Patient.managingOrganization',
    ),
    bad(
      'a type that no target profile is for',
      { 'managingOrganization.reference': 'Location/l-1', contained: none },
      'reference-target Patient.managingOrganization',
    ),
    bad(
      'a type of the base that the profile took away',
      gp('PractitionerRole/r-1'),
      'reference-target Patient.generalPractitioner[0]',
    ),
  ]),
  ...cases('reference-target', bundled, [
    ok('a target in the Bundle that meets its profile', {}),
    ok('a target that is not in the Bundle', { 'entry.0.resource.managingOrganization.reference': 'Organization/o-9' }),
    bad(
      'a target in the Bundle that does not meet its profile',
      { 'entry.1.resource.active': none },
      'reference-target Bundle.entry[0].resource.managingOrganization',
    ),
    bad(
      'a target in the Bundle by its fullUrl',
      {
        'entry.0.resource.managingOrganization.reference': URN,
        'entry.1.fullUrl': URN,
        'entry.1.resource.active': none,
      },
      'reference-target Bundle.entry[0].resource.managingOrganization',
    ),
    bad(
      'the fullUrl leads to another type',
      { 'entry.0.resource.managingOrganization.reference': URN, 'entry.1': { fullUrl: URN, resource: SCHEDULE } },
      'reference-target Bundle.entry[0].resource.managingOrganization',
    ),
  ]),
  ...cases('contained', { of: HOLDER }, [
    ok(
      'a contained resource that is referred to needs no narrative of its own',
      {},
      'warning invariant Appointment',
      'no warning invariant Appointment.contained[0]',
    ),
    ok('a contained resource that refers to its holder', { 'contained.0.endpoint': [{ reference: 'Endpoint/e-1' }] }),
    bad(
      'an unknown element of a contained resource',
      { 'contained.0.postcode': 'x' },
      'unknown-element Appointment.contained[0].postcode',
    ),
    bad('a wrong type in a contained resource', { 'contained.0.name': ['x'] }, 'type Appointment.contained[0].name'),
    bad(
      'a code in a contained resource',
      { 'contained.0.telecom.0.system': 'letter' },
      'binding Appointment.contained[0].telecom[0].system',
    ),
    bad(
      'an empty array in a contained resource',
      { 'contained.0.telecom': [] },
      'empty Appointment.contained[0].telecom',
    ),
    bad(
      'an invariant of a contained resource',
      { 'contained.0.name': none, 'contained.0.identifier': none },
      'invariant:org-1 Appointment.contained[0]',
    ),
    bad(
      'dom-3: a contained resource nobody refers to',
      { 'contained.1': { resourceType: 'Location', id: 'l' } },
      'invariant:dom-3 Appointment',
    ),
    bad(
      'dom-4: a contained resource with a version',
      { 'contained.0.meta': { versionId: '1' } },
      'invariant:dom-4 Appointment',
    ),
    bad(
      'dom-5: a contained resource with a security label',
      { 'contained.0.meta': { security: [coding(CODES, 'x')] } },
      'invariant:dom-5 Appointment',
    ),
    bad(
      'ref-1: the fragment differs from the id by its case',
      { 'extension.0.valueReference.reference': '#Booker' },
      'invariant:ref-1 Appointment.extension[0].valueReference',
      'invariant:dom-3 Appointment',
    ),
    bad(
      'a contained resource meets the profile it names',
      { 'contained.0.meta': { profile: [`${UK}/UKCore-Organization`] }, 'contained.0.identifier.0.value': none },
      'cardinality Appointment.contained[0].identifier[0].value',
    ),
    bad(
      'a contained resource without an id',
      { 'contained.1': { resourceType: 'Location', name: 'x' } },
      'cardinality Appointment.contained[1].id',
    ),
    bad(
      'two contained resources with one id',
      { 'contained.1': { resourceType: 'Location', id: 'booker', name: 'x' } },
      'invariant Appointment.contained[1].id',
    ),
    ok('a contained resource without the profile does not have to meet it', { 'contained.0.identifier.0.value': none }),
    bad(
      'a contained resource of another type than the extension wants',
      { 'contained.0': { resourceType: 'Location', id: 'booker' } },
      'reference-target Appointment.extension[0].valueReference',
    ),
  ]),
  ...cases('bundle-entry', { of: BUNDLE }, [
    ok('a third entry of another type', {
      'entry.2': { fullUrl: `${AT}/Slot/s-1`, resource: SLOT, search: { mode: 'include' } },
    }),
    bad(
      'an element is missing in an entry',
      { 'entry.0.resource.status': none },
      'cardinality Bundle.entry[0].resource.status',
    ),
    bad(
      'an unknown element in an entry',
      { 'entry.1.resource.colour': 'x' },
      'unknown-element Bundle.entry[1].resource.colour',
    ),
    bad(
      'an invariant in an entry',
      { 'entry.0.resource.participant.0.actor': none },
      'invariant:app-1 Bundle.entry[0].resource.participant[0]',
    ),
    bad(
      'a bad date in an entry',
      { 'entry.1.resource.birthDate': '1985-02-29' },
      'format Bundle.entry[1].resource.birthDate',
    ),
    bad(
      'a fragment does not reach into another entry',
      { 'entry.0.resource.participant.0.actor.reference': '#p-1' },
      'invariant:ref-1 Bundle.entry[0].resource.participant[0].actor',
    ),
    bad(
      'a profile that an entry names',
      { 'entry.1.resource.meta': { profile: [`${UK}/UKCore-Patient`] }, 'entry.1.resource.identifier.0.value': none },
      'cardinality Bundle.entry[1].resource.identifier[0].value',
    ),
    ok('a profile that an entry does not name', { 'entry.1.resource.identifier.0.value': none }),
    ok(
      'a profile nobody knows, of an entry',
      { 'entry.1.resource.meta': { profile: ['https://elsewhere.example/P'] } },
      'warning profile Bundle.entry[1].resource.meta.profile[0]',
    ),
    bad('a code of the entry itself', { 'entry.1.search.mode': 'extra' }, 'binding Bundle.entry[1].search.mode'),
    bad(
      'bdl-8: a fullUrl of one version',
      { 'entry.1.fullUrl': `${AT}/Patient/p-1/_history/1` },
      'invariant:bdl-8 Bundle.entry[1]',
    ),
  ]),
  ...cases('extension', { of: UK_APPOINTMENT }, [
    ok('UK Core: a delivery channel on an Appointment', delivery({ valueCodeableConcept: inPerson })),
    bad(
      'UK Core: a delivery channel is no code',
      delivery({ valueCode: 'In-person' }),
      'type Appointment.extension[0].valueCode',
    ),
    bad(
      'UK Core: a delivery channel without value',
      delivery({ id: 'a' }),
      'cardinality Appointment.extension[0].value',
      'invariant:ext-1 Appointment.extension[0]',
    ),
    bad(
      'UK Core: a booking organisation is no Location',
      {
        extension: [
          { url: `${UK}/Extension-UKCore-BookingOrganization`, valueReference: { reference: 'Location/l-1' } },
        ],
      },
      'reference-target Appointment.extension[0].valueReference',
    ),
  ]),
  ...cases('extension', { of: UK_SLOT }, [
    ok('UK Core: a delivery channel on a Slot', delivery({ valueCodeableConcept: inPerson })),
  ]),
  ...cases('extension', { of: UK_PATIENT }, [
    bad(
      'UK Core: a Patient has no delivery channel',
      delivery({ valueCodeableConcept: inPerson }),
      'extension Patient.extension[0]',
    ),
    bad(
      'UK Core: death notification without its status',
      {
        extension: [
          {
            url: `${UK}/Extension-UKCore-DeathNotificationStatus`,
            extension: [{ url: 'systemEffectiveDate', valueDateTime: '2026-01-02' }],
          },
        ],
      },
      'slicing Patient.extension[0].extension',
    ),
    bad(
      'FHIR: the time of birth belongs to the date',
      { extension: [{ url: `${BASE}/patient-birthTime`, valueDateTime: '1984-02-29T04:05:06Z' }] },
      'extension Patient.extension[0]',
    ),
  ]),
  ...cases('extension', own, [
    ok('an extension where its definition allows it', { extension: [{ url: NOTE, valueString: 'x' }] }),
    ok('the other place and the other type', { 'identifier.0.extension': [{ url: NOTE, valueBoolean: false }] }),
    ok(
      'an extension nobody knows is warned of',
      { extension: [{ url: `${NOTE}s`, valueString: 'x' }] },
      'warning extension Patient.extension[0]',
    ),
    ok('parts of an extension', opening(from, kind, kind)),
    ok('a place by its path', {
      contact: [{ name: { text: 'Bo' }, extension: [{ url: OPENING, extension: [from] }] }],
    }),
    bad(
      'an extension in a place it does not know',
      { 'name.0.extension': [{ url: NOTE, valueString: 'x' }] },
      'extension Patient.name[0].extension[0]',
    ),
    bad(
      'an extension of inner elements on the resource',
      { extension: [{ url: OPENING, extension: [from] }] },
      'extension Patient.extension[0]',
    ),
    bad(
      'a value of another type',
      { extension: [{ url: NOTE, valueInteger: 1 }] },
      'type Patient.extension[0].valueInteger',
    ),
    bad('a part that is missing', opening(kind), 'slicing Patient.address[0].extension[0].extension'),
    bad('a part too often', opening(from, kind, kind, kind), 'slicing Patient.address[0].extension[0].extension'),
    bad(
      'a part nobody defined, closed',
      opening(from, { url: 'until', valueTime: '17:00:00' }),
      'slicing Patient.address[0].extension[0].extension[1]',
    ),
    bad(
      'a part of the wrong type',
      opening({ url: 'from', valueString: '9' }),
      'type Patient.address[0].extension[0].extension[0].valueString',
    ),
    bad(
      'the pattern of a part',
      opening(from, { url: 'kind', valueCodeableConcept: concept(CODES, 'z') }),
      'pattern Patient.address[0].extension[0].extension[1].valueCodeableConcept',
    ),
  ]),
];
