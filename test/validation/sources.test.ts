/** Definitions in files, folders and packages, whole and broken. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoadOptions, type LoadedDefinitions, loadDefinitions } from '../../src/validation/sources/index.js';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sources-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function write(path: string, content: unknown): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const definition = (name: string, others: object = {}): object => ({
  resourceType: 'StructureDefinition',
  url: `https://example.org/${name}`,
  ...others,
});

/** Never looks into the packages of whoever runs the test. */
function load(path: string, options: LoadOptions = {}): LoadedDefinitions {
  return loadDefinitions(path, { packageCache: join(root, 'cache'), ...options });
}

function namesOf({ resources }: LoadedDefinitions): readonly string[] {
  return resources.map(({ resource }) =>
    String((resource as { url?: string }).url).replace('https://example.org/', ''),
  );
}

/** Writes a package as an archive: `<folder>/<name>-<version>.tgz`, or by another file name. */
function pack(folder: string, manifest: Manifest, files: Readonly<Record<string, unknown>>, name?: string): string {
  const at = `${folder}/unpacked-${manifest.name}-${manifest.version}`;
  const source = dirname(write(`work/${at}/package/package.json`, { fhirVersions: ['4.0.1'], ...manifest }));
  for (const [file, content] of Object.entries(files)) write(`work/${at}/package/${file}`, content);
  const archive = write(`${folder}/${name ?? `${manifest.name}-${manifest.version}.tgz`}`, '');
  create({ file: archive, gzip: true, sync: true, cwd: dirname(source) }, ['package']);
  return archive;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly fhirVersions?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

describe('a file', () => {
  it('holds one definition', () => {
    const file = write('one/a.json', definition('a', { fhirVersion: '3.0.1' }));
    expect(load(file)).toEqual({
      resources: [{ resource: definition('a', { fhirVersion: '3.0.1' }), origin: file }],
      problems: [],
      release: 'stu3',
    });
  });

  it('holds a Bundle of them', () => {
    const entry = [
      { resource: definition('a') },
      { resource: { resourceType: 'Patient' } },
      null,
      { resource: definition('b') },
    ];
    const loaded = load(write('one/bundle.json', { resourceType: 'Bundle', entry }));
    expect(namesOf(loaded)).toEqual(['a', 'b']);
    expect(loaded.resources[1]?.origin).toMatch(/bundle\.json#entry\[3\]$/);
  });

  it.each([
    ['patient.json', { resourceType: 'Patient' }, 'It is a Patient; a StructureDefinition'],
    ['none.json', [1], 'It is no FHIR resource'],
    ['empty-bundle.json', { resourceType: 'Bundle' }, 'a Bundle without definitions'],
    ['broken.json', '{"a":1,\n}', 'It is no JSON at line 2, column 1: The last property'],
    ['deep.json', '['.repeat(100_000), 'It is no JSON at line 1'],
    ['words.tgz', 'no archive', 'no gzip archive or is damaged'],
    ['a.xml', '<Patient/>', 'XML can not be read here'],
  ])('is refused with a reason: %s', (name, content, reason) => {
    const file = write(`bad/${name}`, content);
    const { resources, problems } = load(file);
    expect(resources).toEqual([]);
    expect(problems).toEqual([{ definition: file, reason: expect.stringContaining(reason) as string }]);
  });

  it('has to be there', () => {
    expect(load(join(root, 'nowhere')).problems[0]?.reason).toBe('There is no such file or folder.');
  });

  it('may be XML where someone can read it', () => {
    const file = write('xml/a.xml', '<StructureDefinition/>');
    expect(namesOf(load(file, { readXml: () => definition('x') }))).toEqual(['x']);
    const broken = load(dirname(file), {
      readXml: () => {
        throw new Error('A tag is not closed.');
      },
    });
    expect(broken.problems[0]?.reason).toBe('Its XML could not be read: A tag is not closed.');
  });
});

describe('a folder', () => {
  it('is read with all below it, and without what is not FHIR', () => {
    write('folder/b.json', definition('b'));
    write('folder/deep/er/a.json', `\ufeff${JSON.stringify(definition('a'))}`);
    write('folder/node_modules/x.json', definition('x'));
    write('folder/.hidden/x.json', definition('x'));
    write('folder/examples/x.json', definition('x'));
    write('folder/tsconfig.json', '{ /* words */ }');
    write('folder/patient.json', { resourceType: 'Patient' });
    write('folder/package.json', { name: 'a', dependencies: { express: '5' } });
    symlinkSync(join(root, 'folder'), join(root, 'folder/circle'));
    expect(load(join(root, 'folder'))).toMatchObject({ problems: [] });
    expect(namesOf(load(join(root, 'folder')))).toEqual(['b', 'a']);
  });

  it('tells of definitions that are broken', () => {
    const broken = write('half/a.json', '{"resourceType":"StructureDefinition"');
    write('half/b.json', definition('b'));
    expect(load(join(root, 'half'))).toMatchObject({
      resources: [{}],
      problems: [{ definition: broken, reason: expect.stringContaining('line 1, column 38') as string }],
    });
  });

  it('without definitions is a problem', () => {
    write('void/readme.json', {});
    expect(load(join(root, 'void')).problems[0]?.reason).toBe('There are no FHIR definitions in it.');
  });
});

describe('a package', () => {
  it('is read from its archive or its folder, with what it depends on first', () => {
    pack('set', { name: 'base', version: '1.2.3' }, { 'b.json': definition('b') });
    pack('set', { name: 'base', version: '1.10.0' }, { 'b.json': definition('b10') });
    pack('set', { name: 'base-more', version: '1.99.0' }, { 'm.json': definition('wrong') });
    write('set/mid#0.1.0/package/package.json', {
      name: 'mid',
      version: '0.1.0',
      'fhir-version-list': ['4.0.1'],
      dependencies: { base: '1.x', top: '1.0.0' },
    });
    write('set/mid#0.1.0/package/m.json', definition('m'));
    const top = pack(
      'set',
      { name: 'top', version: '1.0.0', dependencies: { 'hl7.fhir.r4.core': '4.0.1', mid: '0.1.0' } },
      {
        't.json': definition('t'),
        '.index.json': { files: ['StructureDefinition'] },
        'example/e.json': definition('e'),
        'p.json': { resourceType: 'Patient' },
      },
    );
    const loaded = load(top);
    expect(loaded.problems).toEqual([]);
    expect(namesOf(loaded)).toEqual(['b10', 'm', 't']);
    expect(loaded.release).toBe('r4');
    expect(loaded.resources[2]?.origin).toBe(`${top}#package/t.json`);
    expect(namesOf(load(join(root, 'set/mid#0.1.0')))).toEqual(['b10', 't', 'm']);
  });

  it('finds what it needs in the cache, and names what is missing', () => {
    write('cache/other#2.0.0/package/package.json', { name: 'other', version: '2.0.0', fhirVersions: ['4.0.1'] });
    write('cache/other#2.0.0/package/o.json', definition('o'));
    const needs = { other: '2.0.0', absent: '3.0.0' };
    const loaded = load(
      pack('lone', { name: 'lone', version: '1.0.0', dependencies: needs }, { 'l.json': definition('l') }),
    );
    expect(namesOf(loaded)).toEqual(['o', 'l']);
    expect(loaded.problems).toEqual([
      { definition: 'absent#3.0.0', reason: expect.stringContaining('lone#1.0.0 needs it') as string },
    ]);
  });

  it('is for one release', () => {
    const stu3 = pack('old', { name: 'old', version: '1.0.0', fhirVersions: ['3.0.2'] }, { 'a.json': definition('a') });
    expect(load(stu3)).toMatchObject({ release: 'stu3', problems: [] });
    expect(load(stu3, { release: 'r4' })).toMatchObject({
      resources: [],
      problems: [{ definition: stu3, reason: 'The package old#1.0.0 is for FHIR 3.0.2, and R4 (4.0) was expected.' }],
    });
    const r5 = pack('old', { name: 'new', version: '1.0.0', fhirVersions: ['5.0.0'] }, { 'a.json': definition('a') });
    expect(load(r5).problems[0]?.reason).toContain('is for FHIR 5.0.0, and STU3 (3.0) or R4 (4.0) was expected');
  });

  it('may stand beside it under its bare name', () => {
    write('bare/low/package/package.json', { name: 'low', version: '1.0.0', fhirVersions: ['4.0.1'] });
    write('bare/low/package/l.json', definition('l'));
    write('bare/high/package.json', {
      name: 'high',
      version: '1.0.0',
      fhirVersions: ['4.0.1'],
      dependencies: { low: '1.0.0' },
    });
    write('bare/high/h.json', definition('h'));
    expect(namesOf(load(join(root, 'bare/high')))).toEqual(['l', 'h']);
    write('bare/far/package.json', {
      name: 'far',
      version: '1.0.0',
      fhirVersions: ['4.0.1'],
      dependencies: { low: '2.0.0' },
    });
    expect(load(join(root, 'bare/far')).problems[0]?.definition).toBe('low#2.0.0');
  });

  it("of FHIR's own definitions is not needed", () => {
    const core = pack('core', { name: 'hl7.fhir.r4.core', version: '4.0.1' }, { 'a.json': definition('a') });
    expect(load(core)).toMatchObject({ resources: [], problems: [{ definition: core }] });
  });

  it('that ends too early, or is no tar inside, is a problem', () => {
    const cut = pack('cut', { name: 'cut', version: '1.0.0' }, { 'a.json': definition('a') });
    truncateSync(cut, 150);
    expect(load(cut).problems[0]?.reason).toBe('The package ends too early; download it again.');
    for (const [name, bytes] of [
      ['noise', Buffer.alloc(5_000, 'noise')],
      ['nothing', Buffer.alloc(0)],
      ['zeros', Buffer.alloc(5_000)],
      ['half', tarEntry('package/a.json', JSON.stringify(definition('a'))).subarray(0, 530)],
    ] as const) {
      const file = write(`cut/${name}.tgz`, '');
      writeFileSync(file, gzipSync(bytes));
      const { resources, problems } = load(file);
      expect(resources, name).toEqual([]);
      expect(problems[0]?.reason, name).toMatch(/damaged|empty or no tar/);
    }
  });

  it('may hold names that lead out of it; they are passed over', () => {
    const text = JSON.stringify(definition('evil'));
    const entries = ['../../evil.json', '/etc/evil.json', 'package/../../evil.json', 'C:/evil.json'].map((name) =>
      tarEntry(name, text),
    );
    const file = write('evil.tgz', '');
    const good = tarEntry('package/good.json', JSON.stringify(definition('good')));
    writeFileSync(file, gzipSync(Buffer.concat([...entries, good, Buffer.alloc(1_024)])));
    expect(namesOf(load(file))).toEqual(['good']);
  });

  it('that would unpack to gigabytes is not read', () => {
    const file = write('bomb.tgz', '');
    const member = gzipSync(Buffer.alloc(60_000_000));
    writeFileSync(file, Buffer.concat(Array.from({ length: 20 }, () => member)));
    const started = performance.now();
    expect(load(file).problems[0]?.reason).toBe('The package holds more than 500 MB when unpacked and is not read.');
    expect(performance.now() - started).toBeLessThan(10_000);
  });

  it('may need itself by way of others', () => {
    const one = pack(
      'ring',
      { name: 'one', version: '1.0.0', dependencies: { two: '1.0.0' } },
      { 'a.json': definition('a') },
    );
    pack('ring', { name: 'two', version: '1.0.0', dependencies: { one: '1.0.0' } }, { 'b.json': definition('b') });
    expect(load(one)).toMatchObject({ problems: [] });
    expect(namesOf(load(one))).toEqual(['b', 'a']);
  });
});

/** A file in a tar archive, by hand: libraries refuse to write such names. */
function tarEntry(name: string, text: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write('0000644\0', 100);
  header.write(`${Buffer.byteLength(text).toString(8).padStart(11, '0')}\0`, 124);
  header.write('00000000000\0', 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const content = Buffer.alloc(Math.ceil(Buffer.byteLength(text) / 512) * 512);
  content.write(text);
  return Buffer.concat([header, content]);
}
