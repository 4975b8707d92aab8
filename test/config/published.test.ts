/** What we publish about the practices file is what the code does: JSON Schema, documentation, demonstration. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { publishedSchemas } from '../../scripts/published-schemas.js';
import { loadConfiguration } from '../../src/config.js';
import { registry } from '../../src/connectors/registry.js';
import { PRACTITIONER_ROLES } from '../../src/config/practices/roles.js';
import { LEDGER_KEY, writeBeside } from './practices-file.js';

const pathOf = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));
const read = (name: string): string => readFileSync(pathOf(name), 'utf8');

const DEMO = 'fixtures/demo/practices.yaml';
const demoEnvironment = {
  SLOTBRIDGE_DEMO_PUBLIC_URL: 'http://127.0.0.1:8080',
  SLOTBRIDGE_DEMO_LEDGER_FILE: ':memory:',
  SLOTBRIDGE_DEMO_LEDGER_KEY: LEDGER_KEY,
  SLOTBRIDGE_DEMO_PDS_URL: 'http://127.0.0.1:8081',
  SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_URL: 'http://127.0.0.1:8082',
  SLOTBRIDGE_DEMO_HMIS_RIVERSIDE_KEY: 'demo-riverside-key',
  SLOTBRIDGE_DEMO_HMIS_HILLSIDE_URL: 'http://127.0.0.1:8083',
  SLOTBRIDGE_DEMO_HMIS_HILLSIDE_KEY: 'demo-hillside-key',
};

interface SchemaNode {
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly oneOf?: readonly SchemaNode[];
  readonly default?: unknown;
}

/** Every key of the schema with its default: `practices[].slots.defaults.type`. */
function keysOf(node: SchemaNode, path = ''): readonly (readonly [string, unknown])[] {
  const inner = Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const here = path === '' ? key : `${path}.${key}`;
    return [[here, child.default] as const, ...keysOf(child, here)];
  });
  const forms = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].flatMap((form) => keysOf(form, path));
  return [...inner, ...forms, ...(node.items === undefined ? [] : keysOf(node.items, `${path}[]`))];
}

/** Parts that are described once: references, and what a location or a rule shares with its practice. */
function isDescribedElsewhere(path: string): boolean {
  return (
    (/\.(?:env|file)$|^publicUrl\./.test(path) && path !== 'ledger.file') ||
    /locations\[\]\.(?:address|telecom\[\])\./.test(path) ||
    /set\.(?:restriction|role|caps\[\])\./.test(path)
  );
}

/** Every key of the documentation's tables with its default, as written there. */
function documentedKeys(text: string): ReadonlyMap<string, string> {
  const keys = new Map<string, string>();
  let prefix = '';
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) prefix = /\(`([^`]+)`\)$/.exec(line)?.[1] ?? '';
    const [, key, standard] = /^\| `([^`]+)` \| [^|]* \| ([^|]*) \| [^|]* \| [^|]* \|$/.exec(line) ?? [];
    if (key !== undefined && standard !== undefined)
      keys.set(prefix === '' ? key : `${prefix}.${key}`, standard.trim());
  }
  return keys;
}

describe('docs/schemas', () => {
  it.each([...publishedSchemas()])('%s is what the code says (npx tsx scripts/write-schemas.ts)', (name, schema) => {
    expect(JSON.parse(read(`docs/schemas/${name}`))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('accepts the demonstration and refuses it with a key too many', () => {
    const validate = new Ajv2020({ strict: false, formats: { uri: true } }).compile(
      JSON.parse(read('docs/schemas/practices.schema.json')) as object,
    );
    const demo = parse(read(DEMO)) as object;
    expect(validate(demo), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...demo, practises: [] })).toBe(false);
  });
});

describe('docs/configuration.md', () => {
  const text = read('docs/configuration.md');
  const documented = documentedKeys(text);
  const schema = keysOf(JSON.parse(read('docs/schemas/practices.schema.json')) as SchemaNode);
  const known = schema.filter(([path]) => !isDescribedElsewhere(path));

  it('describes every key there is, and no other', () => {
    expect([...documented.keys()].sort()).toEqual([...new Set(known.map(([path]) => path))].sort());
  });

  it('gives every default as it is', () => {
    const plain = known.filter(([, standard]) => ['string', 'number', 'boolean'].includes(typeof standard));
    expect(plain.length).toBeGreaterThan(10);
    for (const [path, standard] of plain)
      expect(`${path} ${documented.get(path)}`).toBe(`${path} \`${String(standard)}\``);
  });

  it('lists the roles', () => {
    for (const [code, display] of PRACTITIONER_ROLES) expect(text).toContain(`| ${code} | ${display} |`);
  });

  it('holds an example that works', () => {
    const example = /## A small example\n+```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    writeBeside('ledger.key', LEDGER_KEY);
    const path = writeBeside('example.yaml', example.replace('/run/secrets/', ''));
    expect(loadConfiguration(path, { HMIS_KEY: 'x' }, registry).warnings).toEqual([]);
  });
});

describe('fixtures/demo/practices.yaml', () => {
  const demo = loadConfiguration(pathOf(DEMO), demoEnvironment, registry);

  it('is a configuration without warnings', () => {
    expect(demo.warnings).toEqual([]);
    expect(demo.practices.map(({ practice }) => `${practice.odsCode} ${practice.asid}`)).toEqual([
      'A99901 200000009901',
      'A99902 200000009902',
      'A99903 200000009903',
    ]);
    expect(demo.groups).toEqual([{ name: 'north', asid: '200000009900', practices: ['A99901', 'A99902', 'A99903'] }]);
  });

  it.each([
    ['riverside', ['A99901', 'A99902']],
    ['hillside', ['A99903']],
  ])('knows the institutions and consultants of %s', (installation, odsCodes) => {
    const data = parse(read(`fixtures/hmis/${installation}.yaml`)) as {
      institutions: { id: number; name: string; code: string }[];
      consultants: { id: number; name: string; institutionId: number }[];
    };
    expect(data.institutions.map(({ code }) => code)).toEqual(odsCodes);
    for (const institution of data.institutions) {
      const practice = demo.practices.find((one) => one.practice.odsCode === institution.code)?.practice;
      expect(practice?.name).toBe(institution.name);
      expect(practice?.locations.map(({ systemId }) => systemId)).toEqual([String(institution.id)]);
      const people = data.consultants.filter(({ institutionId }) => institutionId === institution.id);
      expect(
        practice?.practitioners.map(({ systemId, name }) => [systemId, [...name.given, name.family].join(' ')]),
      ).toEqual(people.map(({ id, name }) => [String(id), name]));
    }
  });
});
