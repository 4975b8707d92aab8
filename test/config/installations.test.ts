import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { ConfigurationError, loadConfiguration, type ConfigurationRegistry } from '../../src/config.js';
import type { Connector } from '../../src/connectors/connector.js';
import { hmisConnector } from '../../src/connectors/hmis/index.js';
import { environment, practicesFile, registry as paperRegistry, writeBeside } from './practices-file.js';

const shelf: Connector<{ room: string }> = {
  type: 'shelf',
  settings: () => z.strictObject({ room: z.string() }),
  installationOf: ({ room }) => room,
  create: () => {
    throw new Error('not part of these tests');
  },
};

const registry: ConfigurationRegistry = {
  connectors: new Map<string, Connector<unknown>>([
    ...paperRegistry.connectors,
    ['hmis', hmisConnector],
    ['shelf', shelf],
    ['other-shelf', shelf],
  ]),
  demographics: paperRegistry.demographics,
};

type System = Record<string, unknown>;

/** The small file's two practices, both with a location `10`, in these systems. */
function twoIn(first: System, second: System) {
  const file = practicesFile();
  for (const [index, system] of [first, second].entries()) {
    Object.assign(file.practices[index] ?? {}, { practiceSystem: system });
  }
  return file;
}

function complaintsOf(file: object): readonly string[] {
  const path = writeBeside('installations.yaml', stringify(file, { aliasDuplicateObjects: false }));
  try {
    loadConfiguration(path, { ...environment, HMIS_URL: 'https://hmis.example.nhs.uk/' }, registry);
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return error.problems.map((problem) => `${problem.path}: ${problem.message}`);
  }
  return [];
}

const hmis = (more: System = {}): System => ({
  type: 'hmis',
  baseUrl: 'https://hmis.example.nhs.uk',
  key: { env: 'PAPER_KEY' },
  ...more,
});

const SOLD_TWICE =
  'practices[1].locations[0].systemId: "10" is also a location of practice "A99901" (practices[0].locations[0].systemId), ' +
  'which is in the same installation: keep it with one of the two, or both sell its places';

describe('a location of one installation in two practices', () => {
  it.each([
    ['addresses are the same', {}],
    ['addresses differ by the slash at the end', { baseUrl: 'https://hmis.example.nhs.uk/' }],
    [
      'addresses differ by letter case of the host and the port that goes without saying',
      {
        baseUrl: 'https://HMIS.example.nhs.uk:443',
      },
    ],
    ['one address is named', { baseUrl: { env: 'HMIS_URL' } }],
    ['the context root is written out', { contextRoot: '/rh' }],
    ['the context root is part of the address', { baseUrl: 'https://hmis.example.nhs.uk/rh', contextRoot: '' }],
    ['keys and policies differ', { key: { env: 'LEDGER_KEY' }, dateOnly: true }],
  ])('is a problem when %s', (_name, more) => {
    expect(complaintsOf(twoIn(hmis(), hmis(more)))).toEqual([SOLD_TWICE]);
  });

  it.each<[string, System, System]>([
    ['in another host', hmis(), hmis({ baseUrl: 'https://other.example.nhs.uk' })],
    ['under another context root', hmis(), hmis({ contextRoot: '/other' })],
    ['in another kind of system', { type: 'shelf', room: 'a' }, { type: 'other-shelf', room: 'a' }],
    ['in systems that do not tell', ...paperTwice()],
  ])('is none when it is %s', (_name, first, second) => {
    expect(complaintsOf(twoIn(first, second))).toEqual([]);
  });

  it('is none when the locations are different ones', () => {
    const file = twoIn(hmis(), hmis());
    Object.assign(file.practices[1]?.locations[0] ?? {}, { systemId: '11' });
    expect(complaintsOf(file)).toEqual([]);
  });

  it('is said of every location, and once per place', () => {
    const file = twoIn({ type: 'shelf', room: 'a' }, { type: 'shelf', room: 'a' });
    for (const practice of file.practices) practice.locations.push({ systemId: '11', name: 'Branch' });
    const complaints = complaintsOf(file);
    expect(complaints.map((complaint) => complaint.split(':')[0])).toEqual([
      'practices[1].locations[0].systemId',
      'practices[1].locations[1].systemId',
    ]);
  });

  it('is reported together with the other problems', () => {
    const file = twoIn(hmis(), hmis());
    Object.assign(file.practices[0] ?? {}, { zone: 'Europe/Londn' });
    Object.assign(file.practices[1] ?? {}, { odsCode: 'a99902' });
    expect(complaintsOf(file)).toEqual([
      'practices[0].zone: "Europe/Londn" is no IANA time zone: did you mean `Europe/London`?',
      'practices[1].odsCode: must be an ODS code: 3 to 10 capital letters and digits, for example `A99901`',
      SOLD_TWICE,
      'groups[0].practices[1]: "A99902" is the ODS code of no practice in this file: did you mean "a99902"?',
    ]);
  });

  it('within one practice is only said to be listed twice', () => {
    const file = twoIn(hmis(), hmis({ contextRoot: '/other' }));
    file.practices[0]?.locations.push({ systemId: '10', id: 'again', name: 'Again' });
    expect(complaintsOf(file)).toEqual([
      'practices[0].locations[1].systemId: "10" is the system id of another location of this practice (practices[0].locations[0].systemId): list each once',
    ]);
  });
});

describe('how much one installation is asked for', () => {
  const calls = { reads: 16, writes: 8 };
  const apart = (first: System, second: System) => {
    const file = twoIn(first, second);
    Object.assign(file.practices[1]?.locations[0] ?? {}, { systemId: '11' });
    return file;
  };

  it('is the same for all of its practices', () => {
    expect(complaintsOf(apart(hmis({ calls }), hmis({ calls: { ...calls, readsWaiting: 16 } })))).toEqual([]);
    expect(complaintsOf(apart(hmis({ calls }), hmis()))).toEqual([
      'practices[1].practiceSystem.calls: differs from that of practice "A99901", which is in the same installation: ' +
        'write the same for both',
    ]);
  });

  it('may differ from that of others', () => {
    expect(complaintsOf(apart(hmis({ calls }), hmis({ contextRoot: '/other' })))).toEqual([]);
  });

  it.each([
    ['reads', 2],
    ['reads', 65],
    ['writes', 0],
    ['writes', 65],
    ['readsWaiting', 257],
    ['writesWaiting', -1],
  ])('has bounds: %s: %i', (key, value) => {
    const [complaint] = complaintsOf(apart(hmis({ calls: { [key]: value } }), hmis({ contextRoot: '/other' })));
    expect(complaint).toMatch(new RegExp(`^practices\\[0\\]\\.practiceSystem\\.calls\\.${key}: `));
  });
});

function paperTwice(): [System, System] {
  const [first, second] = practicesFile().practices.map((practice) => practice.practiceSystem);
  return [first ?? {}, second ?? {}];
}
