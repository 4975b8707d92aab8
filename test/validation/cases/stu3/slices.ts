/** Slices as the GP Connect profiles have them. */
import { casesOf, type Case } from '../harness.js';
import { CS, LOCATION, ORGANIZATION, PATIENT, PRACTITIONER, ROLE, SD, SLOT, VERIFICATION } from './examples.js';

const NHS = 'https://fhir.nhs.uk/Id/nhs-number';
const nhs = (value: string) => ({ extension: [VERIFICATION], system: NHS, value });
const official = { use: 'official', family: 'Okafor' };
const nickname = { use: 'nickname', text: 'Addie' };
const snomed = { system: 'http://snomed.info/sct', code: '264372000', display: 'Pharmacy' };
const read2 = { system: 'http://read.info/readv2', code: '9N1..', display: 'Site of encounter' };
const ctv3 = { system: 'http://read.info/ctv3', code: 'XM1..', display: 'Site' };
const kind = { system: 'http://hl7.org/fhir/location-physical-type', code: 'bu', display: 'Building' };
const CODING = 'physicalType.coding';

const VALUE = [
  ...casesOf('discriminator-value', PATIENT, [
    ['a GP Connect Patient with all that is asked for', {}],
    ['no official name among the names', { name: [nickname] }, 'slicing Patient.name'],
    ['no names at all, of which the official one is required', { name: undefined }, 'slicing Patient.name'],
    [
      'a name without use is not the official one',
      { 'name.0.use': undefined, 'name.1': undefined },
      'slicing Patient.name',
    ],
    ['two official names', { name: [official, official] }, 'slicing Patient.name'],
    ['two NHS numbers', { 'identifier.1': nhs('9990000026') }, 'slicing Patient.identifier'],
    ['an NHS number and an identifier of another system', { 'identifier.1': { system: 'urn:x', value: '1' } }],
    ['no identifier, for the NHS number is optional', { identifier: undefined }],
    [
      'an identifier of nearly the same system is not the NHS number',
      { identifier: [{ system: `${NHS}/`, value: '1', use: 'usual' }] },
    ],
  ]),
  ...casesOf('discriminator-value', PRACTITIONER, [
    ['two role profiles are allowed', {}],
    [
      'two SDS user ids are not',
      { 'identifier.1.system': 'https://fhir.nhs.uk/Id/sds-user-id' },
      'slicing Practitioner.identifier',
    ],
  ]),
];

const URL = [
  ...casesOf('discriminator-url', PATIENT, [
    [
      'an NHS number without any extension lacks its verification status',
      { 'identifier.0.extension': undefined },
      'slicing Patient.identifier[0].extension',
    ],
    [
      'an NHS number with another extension lacks its verification status',
      { 'identifier.0.extension': [{ url: 'urn:x', valueCode: 'y' }] },
      'slicing Patient.identifier[0].extension',
    ],
    [
      'an NHS number with two verification statuses',
      { 'identifier.0.extension': [VERIFICATION, VERIFICATION] },
      'slicing Patient.identifier[0].extension',
    ],
    [
      'an NHS number with its verification status after another extension',
      { 'identifier.0.extension': [{ url: 'urn:x', valueCode: 'y' }, VERIFICATION] },
    ],
    ['two registration details', { 'extension.0': PATIENT.extension[1] }, 'slicing Patient.extension'],
    ['two NHS communications', { 'extension.1': PATIENT.extension[0] }],
    [
      'an NHS communication without its language',
      { 'extension.0.extension.0': undefined },
      'slicing Patient.extension[0].extension',
    ],
    [
      'a registration status, which may not be sent',
      {
        'extension.1.extension.0': {
          url: 'registrationStatus',
          valueCodeableConcept: { coding: [{ system: `${CS}/CareConnect-RegistrationStatus-1`, code: 'A' }] },
        },
      },
      'slicing Patient.extension[1].extension',
    ],
    [
      'an NHS communication preferred twice',
      {
        'extension.0.extension.1': { url: 'preferred', valueBoolean: true },
        'extension.0.extension.2': { url: 'preferred', valueBoolean: false },
      },
    ],
  ]),
  ...casesOf('discriminator-url', SLOT, [
    [
      'two delivery channels',
      { 'extension.1': { url: `${SD}/Extension-GPConnect-DeliveryChannel-2`, valueCode: 'Video' } },
      'slicing Slot.extension',
    ],
  ]),
];

const OPEN = [
  ...casesOf('slicing-open', SLOT, [
    [
      'an extension that the profile does not name',
      { 'extension.1': { url: 'https://example.org/x', valueCode: 'y' } },
    ],
    [
      "a foreign extension before the profile's own",
      { extension: [{ url: 'https://example.org/x', valueCode: 'y' }, SLOT.extension[0]] },
    ],
    [
      'two foreign extensions of one url',
      {
        extension: [
          { url: 'urn:x', valueCode: 'y' },
          { url: 'urn:x', valueCode: 'z' },
        ],
      },
    ],
    ['no extension at all', { extension: undefined }],
    [
      'a foreign extension is held to the base rules',
      { 'extension.1': { url: 'urn:x', valueBoolean: 'y' } },
      'type Slot.extension[1].valueBoolean',
    ],
    [
      'foreign extensions do not hide that one repeats',
      { extension: [SLOT.extension[0], { url: 'urn:x', valueCode: 'y' }, SLOT.extension[0]] },
      'slicing Slot.extension',
    ],
  ]),
  ...casesOf('slicing-open', PATIENT, [
    ['a foreign part of an NHS communication', { 'extension.0.extension.2': { url: 'urn:x', valueCode: 'y' } }],
    [
      'a foreign part in the place of a required one',
      { 'extension.0.extension.0': { url: 'urn:x', valueCode: 'y' } },
      'slicing Patient.extension[0].extension',
    ],
  ]),
];

const CLOSED = casesOf('slicing-closed', LOCATION, [
  ['physical types of the three systems', {}],
  ['a physical type of one of them', { [CODING]: [ctv3] }],
  ['a physical type in words alone', { physicalType: { text: 'Branch' } }],
  ['no physical type', { physicalType: undefined }],
  ['a physical type of the base list', { [CODING]: [kind] }, 'slicing Location.physicalType.coding[0]'],
  [
    'a physical type of the base list after good ones',
    { [`${CODING}.3`]: kind },
    'slicing Location.physicalType.coding[3]',
  ],
  [
    'a physical type without a system',
    { [CODING]: [{ code: '264372000', display: 'Pharmacy' }] },
    'slicing Location.physicalType.coding[0]',
  ],
  [
    'two physical types that no slice takes',
    { [CODING]: [kind, { ...kind, system: 'http://snomed.info/sct/' }] },
    'slicing Location.physicalType.coding[0]',
    'slicing Location.physicalType.coding[1]',
  ],
]);

const ORDERED = casesOf('slicing-ordered', LOCATION, [
  ['two of a slice, then the next', { [CODING]: [snomed, snomed, read2] }],
  ['the first and the last slice', { [CODING]: [snomed, ctv3] }],
  ['the second slice before the first', { [CODING]: [read2, snomed] }, 'order Location.physicalType.coding[1]'],
  ['the third slice before the second', { [CODING]: [snomed, ctv3, read2] }, 'order Location.physicalType.coding[2]'],
  ['the third slice before the first', { [CODING]: [ctv3, snomed] }, 'order Location.physicalType.coding[1]'],
  [
    'the first slice again after the second',
    { [CODING]: [snomed, read2, snomed] },
    'order Location.physicalType.coding[2]',
  ],
  ['the last slice three times', { [CODING]: [ctv3, ctv3, ctv3] }],
  ['two of each in order', { [CODING]: [snomed, snomed, read2, read2, ctv3, ctv3] }],
]);

const AT_END = [
  ...casesOf('slicing-openAtEnd', PATIENT, [
    ['a nickname before the official name', { name: [nickname, official] }, 'order Patient.name[0]'],
    ['two nicknames after the official name', { name: [official, nickname, nickname] }],
    ['nicknames on both sides of the official name', { name: [nickname, official, nickname] }, 'order Patient.name[0]'],
    [
      'another identifier before the NHS number',
      { identifier: [{ system: 'urn:x', value: '1' }, nhs('9990000018')] },
      'order Patient.identifier[0]',
    ],
    ['other identifiers without an NHS number', { identifier: [{ system: 'urn:x', value: '1' }, { value: '2' }] }],
  ]),
  ...casesOf('slicing-openAtEnd', PRACTITIONER, [
    [
      'slices in either order, for they are not ordered',
      { identifier: [PRACTITIONER.identifier[1], PRACTITIONER.identifier[0], PRACTITIONER.identifier[2]] },
    ],
    ['a foreign identifier between slices', { 'identifier.1.system': 'urn:x' }, 'order Practitioner.identifier[1]'],
  ]),
  ...casesOf('slicing-openAtEnd', ORGANIZATION, [
    [
      'a foreign identifier before the ODS code',
      { identifier: [{ system: 'urn:x', value: '1' }, ORGANIZATION.identifier[0]] },
      'order Organization.identifier[0]',
    ],
    ['a foreign identifier after the ODS code', { 'identifier.1': { system: 'urn:x', value: '1', use: 'usual' } }],
  ]),
  ...casesOf('slicing-openAtEnd', ROLE, [
    ['another role before the SDS one', { code: [ROLE.code[1], ROLE.code[0]] }, 'order PractitionerRole.code[0]'],
  ]),
];

const CHILDREN = [
  ...casesOf('slice-children', PATIENT, [
    ['an NHS number without a value', { 'identifier.0.value': undefined }, 'cardinality Patient.identifier[0].value'],
    ['an NHS number with a use', { 'identifier.0.use': 'official' }, 'cardinality Patient.identifier[0].use'],
    ['another identifier may have a use and no value', { 'identifier.1': { system: 'urn:x', use: 'secondary' } }],
    ['an official name without a family name', { 'name.0.family': undefined }, 'cardinality Patient.name[0].family'],
    ['another name without a family name', { 'name.1': { use: 'old', given: ['Ada'] } }],
  ]),
  ...casesOf('slice-children', LOCATION, [
    [
      'a coding of the closed slices without a display',
      { [`${CODING}.1.display`]: undefined },
      'cardinality Location.physicalType.coding[1].display',
    ],
    [
      'a coding of the closed slices with a version',
      { [`${CODING}.2.version`]: '1' },
      'cardinality Location.physicalType.coding[2].version',
    ],
    [
      'a site code with a period',
      { 'identifier.0.period': { start: '2020' } },
      'cardinality Location.identifier[0].period',
    ],
  ]),
  ...casesOf('slice-children', ROLE, [
    [
      'an SDS role without a display',
      { 'code.0.coding.0.display': undefined },
      'cardinality PractitionerRole.code[0].coding[0].display',
    ],
    [
      'an SDS role that is not in the part of the list we have',
      { 'code.0.coding.0.code': 'R9999' },
      'information terminology PractitionerRole.code[0]',
    ],
    ['another role without a display and outside the list', { 'code.1.coding.0.display': undefined }],
  ]),
];

export const SLICE_CASES: readonly Case[] = [...VALUE, ...URL, ...OPEN, ...CLOSED, ...ORDERED, ...AT_END, ...CHILDREN];
