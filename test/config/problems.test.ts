import { describe, expect, it } from 'vitest';
import { formatProblems, loadConfiguration, ConfigurationError } from '../../src/config.js';
import { complaintsOf, environment, practicesFile, problemsOf, registry } from './practices-file.js';

type File = ReturnType<typeof practicesFile>;
type Practice = File['practices'][number];

/** The whole file with one thing changed in its first practice. */
function bent(bend: (practice: Practice, file: File) => void): File {
  const file = practicesFile();
  const [practice] = file.practices;
  if (practice === undefined) throw new Error('no practice');
  bend(practice, file);
  return file;
}

const FIRST = 'practices[0]';

describe('problems', () => {
  it('are reported all at once, in the order of the file, each with line and column', () => {
    const text = [
      'publicUrl: https://gateway.example.nhs.uk',
      'ledgr: {}',
      'ledger: { file: ledger.sqlite, key: { env: NOT_THERE } }',
      'demographics: { type: none }',
      'practices:',
      '  - odsCode: a99901',
      '    name: Practice',
      '    zone: Europe/Londn',
      '    practiceSystem: { type: papr }',
      '    locations: []',
      '    slots:',
      '      defaults: { type: Routine, channel: Telefone, minutes: 0 }',
    ].join('\n');
    expect(problemsOf(text).map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`)).toEqual([
      '2:1 ledgr: is not known here: did you mean `ledger`?',
      '3:37 ledger.key: the environment variable "NOT_THERE" is not set: set it',
      '6:5 practices[0].address: is missing: add it',
      '6:5 practices[0].asid: is missing: add it',
      '6:14 practices[0].odsCode: must be an ODS code: 3 to 10 capital letters and digits, for example `A99901`',
      '8:11 practices[0].zone: "Europe/Londn" is no IANA time zone: did you mean `Europe/London`?',
      '9:29 practices[0].practiceSystem.type: must be one of `paper`: did you mean `paper`?',
      '10:16 practices[0].locations: must not be empty',
      '12:43 practices[0].slots.defaults.channel: must be one of `In-person`, `Telephone`, `Video`: did you mean `Telephone`?',
      '12:62 practices[0].slots.defaults.minutes: must be at least 1',
    ]);
  });

  it('are written one to a line', () => {
    const problems = problemsOf(bent((practice) => Object.assign(practice, { zone: 'Mars/Base\u2028\n\u001b[31m' })));
    const text = formatProblems(problems);
    expect(text).toMatch(/^\/.*practices\.yaml:\d+:\d+ {2}practices\[0\]\.zone: "Mars\/Base/);
    expect(text).not.toMatch(/[\n\u001b\u2028]/);
    expect(formatProblems([...problems, ...problems]).split('\n')).toHaveLength(2);
  });

  it('name a file that cannot be read', () => {
    const attempt = () => loadConfiguration('/nowhere/practices.yaml', environment, registry);
    expect(attempt).toThrow(ConfigurationError);
  });
});

describe('the text', () => {
  it.each([
    ['a key twice', 'publicUrl: a\npublicUrl: b', 2, /already there/],
    ['tabs', 'ledger:\n\tfile: x', 2, /not readable YAML/],
    ['two documents', 'a: 1\n---\nb: 2', 2, /several documents/],
    ['a tag', 'a: 1\nb: !secret x', 2, /tags/],
    ['an alias without an anchor', 'a: *nowhere', 1, /alias/],
    ['a value that contains itself', '&a { b: *a, c: *a, d: *a }', 1, /alias repeats itself/],
    ['an alias bomb', aliasBomb(), 1, /alias/],
    ['depth', '['.repeat(40) + ']'.repeat(40), 1, /nested deeper/],
    ['great depth', '['.repeat(200_000) + ']'.repeat(200_000), 1, /nested deeper/],
    ['size', `a: ${'x'.repeat(1024 * 1024)}`, 1, /larger than 1 MiB/],
  ])('with %s is refused with its line', (_name, text, line, message) => {
    const [problem] = problemsOf(text);
    expect(problem?.message).toMatch(message);
    expect(problem?.line).toBe(line);
  });

  it('that is empty, or no group of keys, is refused', () => {
    expect(complaintsOf('')).toEqual([': must be a group of keys']);
    expect(complaintsOf('- a')).toEqual([': must be a group of keys']);
  });

  it('may use aliases in moderation', () => {
    const file = practicesFile();
    const [first, second] = file.practices;
    if (first && second) second.address = first.address;
    expect(complaintsOf(file)).toEqual([]);
  });
});

function aliasBomb(): string {
  const levels = Array.from(
    { length: 12 },
    (_, i) =>
      `l${i}: &l${i} [${Array(10)
        .fill(i ? `*l${i - 1}` : 'x')
        .join(', ')}]`,
  );
  return levels.join('\n');
}

describe('keys and values', () => {
  const cases: readonly [string, (practice: Practice, file: File) => void, string][] = [
    [
      'an unknown key gets the nearest known one',
      (practice) => Object.assign(practice, { adress: {} }),
      `${FIRST}.adress: is not known here: did you mean \`address\`?`,
    ],
    [
      'an unknown key near none gets all of them',
      (practice) => Object.assign(practice.enabled, { everything: true }),
      `${FIRST}.enabled.everything: is not known here: remove it, or use one of \`appointmentManagement\`, \`foundations\``,
    ],
    [
      "an unknown key of a connector's settings gets the connector's",
      (practice) => Object.assign(practice.practiceSystem, { drawer: 1 }),
      `${FIRST}.practiceSystem.drawer: is not known here: did you mean \`drawers\`?`,
    ],
    [
      "an unknown key of one form of a connector's settings gets that form's",
      (practice) => Object.assign(practice.practiceSystem, { filing: { kind: 'numbered', digits: 1, digit: 1 } }),
      `${FIRST}.practiceSystem.filing.digit: is not known here: did you mean \`digits\`?`,
    ],
    [
      "an unknown form of a connector's settings is named",
      (practice) => Object.assign(practice.practiceSystem, { filing: { kind: 'heap' } }),
      `${FIRST}.practiceSystem.filing.kind: must be one of \`alphabetical\`, \`numbered\``,
    ],
    [
      'a number where text is meant',
      (practice) => Object.assign(practice, { asid: 200000009901 }),
      `${FIRST}.asid: must be text: put it in quotes, for example '42'`,
    ],
    [
      'an ASID of eleven digits',
      (practice) => Object.assign(practice, { asid: '20000000990' }),
      `${FIRST}.asid: must be twelve digits in quotes, for example '200000009901'`,
    ],
    [
      'a role GP Connect does not list [12-5 12-7]',
      (practice) => Object.assign(practice.practitioners[0] ?? {}, { role: { code: 'R9999', display: 'Link worker' } }),
      `${FIRST}.practitioners[0].role.code: "R9999" is none of GP Connect's roles: take one of docs/configuration.md`,
    ],
    [
      'a practitioner without a role [12-5]',
      (practice) => delete practice.practitioners[0]?.['role'],
      `${FIRST}.practitioners[0].role: is missing: add it`,
    ],
    [
      'slots without a delivery channel [12-6]',
      (practice) => Object.assign(practice.slots, { defaults: { type: 'GP routine', minutes: 10 } }),
      `${FIRST}.slots.defaults.channel: is missing: add it`,
    ],
    [
      'a delivery channel GP Connect does not list [12-6 12-7]',
      (practice) => Object.assign(practice.slots['defaults'] ?? {}, { channel: 'Letter' }),
      `${FIRST}.slots.defaults.channel: must be one of \`In-person\`, \`Telephone\`, \`Video\``,
    ],
    [
      'an organisation type GP Connect does not list [12-3]',
      (practice) =>
        Object.assign(practice.slots['defaults'] ?? {}, { restriction: { organisationTypes: ['pharmacy'] } }),
      `${FIRST}.slots.defaults.restriction.organisationTypes[0]: must be one of \`gp-practice\`, \`urgent-care\``,
    ],
    [
      'a cap that does not say how many',
      (practice) => Object.assign(practice.slots['defaults'] ?? {}, { caps: [{ organisations: ['A99902'] }] }),
      `${FIRST}.slots.defaults.caps[0].most: is missing: add it`,
    ],
    [
      'a listed role with another display',
      (practice) => Object.assign(practice.practitioners[0] ?? {}, { role: { code: 'R0260', display: 'Doctor' } }),
      `${FIRST}.practitioners[0].role.display: the display of R0260 is "General Medical Practitioner": write that, or leave \`display\` out`,
    ],
    [
      'a length of time without its unit',
      (practice) => Object.assign(practice.slots, { embargo: 30 }),
      `${FIRST}.slots.embargo: must be a number with its unit (ms, s, m, h or d), for example \`30m\` or \`14d\``,
    ],
    [
      'a length of time out of bounds',
      (practice) => Object.assign(practice.slots, { horizon: '731d' }),
      `${FIRST}.slots.horizon: must be between 1h and 730d`,
    ],
    [
      'a horizon inside the embargo',
      (practice) => Object.assign(practice.slots, { embargo: '2d', horizon: '48h' }),
      `${FIRST}.slots.horizon: must be longer than \`embargo\`: nothing could ever be booked`,
    ],
    [
      'a FHIR id with a space',
      (practice) => Object.assign(practice.locations[0] ?? {}, { id: 'main site' }),
      `${FIRST}.locations[0].id: must be 1 to 64 letters, digits, \`-\` and \`.\``,
    ],
    [
      'a system id that makes no FHIR id',
      (practice) => Object.assign(practice.locations[0] ?? {}, { systemId: 'main site' }),
      `${FIRST}.locations[0].systemId: cannot be made into a FHIR id (letters, digits, \`-\` and \`.\`, 64 at most): add an \`id\``,
    ],
    [
      'a restriction that names nobody',
      (practice) => Object.assign(practice.slots['defaults'] ?? {}, { restriction: {} }),
      `${FIRST}.slots.defaults.restriction: names nobody: give \`organisationTypes\`, \`organisations\` or both, or leave the restriction out`,
    ],
    [
      "an unknown key of a rule's restriction gets the restriction's",
      (practice) =>
        Object.assign(practice.slots, {
          rules: [
            { when: { schedule: '*' }, set: { restriction: { organisations: ['A99902'], organisationType: [] } } },
          ],
        }),
      `${FIRST}.slots.rules[0].set.restriction.organisationType: is not known here: did you mean \`organisationTypes\`?`,
    ],
    [
      "a mistake inside a rule's restriction is said of its own place",
      (practice) =>
        Object.assign(practice.slots, {
          rules: [{ when: { schedule: '*' }, set: { restriction: { organisations: 'A99902' } } }],
        }),
      `${FIRST}.slots.rules[0].set.restriction.organisations: must be a list`,
    ],
    [
      'a rule without a condition',
      (practice) => Object.assign(practice.slots, { rules: [{ when: {}, set: { minutes: 5 } }] }),
      `${FIRST}.slots.rules[0].when: holds no condition: a rule for everything belongs in \`defaults\``,
    ],
    [
      'a rule that names an unknown practitioner',
      (practice) => Object.assign(practice.slots, { rules: [{ when: { practitioner: '302' }, set: { minutes: 5 } }] }),
      `${FIRST}.slots.rules[0].when.practitioner: "302" is the \`systemId\` of no practitioner of this practice: did you mean "301"?`,
    ],
    [
      'a rule that names an unknown location',
      (practice) => Object.assign(practice.slots, { rules: [{ when: { location: 'x-ray' }, set: { minutes: 5 } }] }),
      `${FIRST}.slots.rules[0].when.location: "x-ray" is the \`systemId\` of no location of this practice: correct it, or list the location`,
    ],
    [
      'a group with an unknown practice',
      (_, file) => file.groups[0]?.practices.push('A99909'),
      'groups[0].practices[2]: "A99909" is the ODS code of no practice in this file: did you mean "A99901"?',
    ],
    [
      'a group with a practice twice',
      (_, file) => file.groups[0]?.practices.push('A99901'),
      'groups[0].practices[2]: "A99901" is already in this group (groups[0].practices[0]): list each practice once',
    ],
    [
      'a federation deadline beyond what a query may take',
      (_, file) => Object.assign(file, { limits: { federationDeadline: '4s' } }),
      'limits.federationDeadline: must be between 100ms and 3s',
    ],
  ];
  it.each(cases)('%s', (_name, bend, complaint) => {
    expect(complaintsOf(bent(bend))).toEqual([complaint]);
  });
});

describe('uniqueness', () => {
  it('of ODS codes and ASIDs, over practices and groups', () => {
    const file = practicesFile();
    Object.assign(file.practices[1] ?? {}, {
      odsCode: 'A99901',
      asid: '200000009900',
      locations: [],
      practitioners: [],
    });
    Object.assign(file.groups[0] ?? {}, { practices: ['A99901'] });
    expect(complaintsOf(file)).toEqual([
      'practices[1].odsCode: "A99901" is the ODS code of another practice (practices[0].odsCode): give each practice its own',
      'practices[1].locations: must not be empty',
      'groups[0].asid: "200000009900" is the ASID of another practice or group (practices[1].asid): give each its own',
    ]);
  });

  it('of FHIR ids over all practices, chosen or made', () => {
    const file = practicesFile();
    Object.assign(file.practices[0]?.locations[0] ?? {}, { id: 'location-a99902-10' });
    expect(complaintsOf(file)).toEqual([
      'practices[1].locations[0].systemId: "location-a99902-10" is the FHIR id of another location (practices[0].locations[0].id): give each its own `id`',
    ]);
  });

  it("of the practice system's ids within a practice", () => {
    const file = bent((practice) => practice.locations.push({ systemId: '10', id: 'branch', name: 'Branch' }));
    expect(complaintsOf(file)).toEqual([
      'practices[0].locations[1].systemId: "10" is the system id of another location of this practice (practices[0].locations[0].systemId): list each once',
    ]);
  });
});
