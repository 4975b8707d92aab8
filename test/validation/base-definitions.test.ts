import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createStructureValidator, loadBaseDefinitions } from '../../src/validation/index.js';

const file = JSON.parse(readFileSync(new URL('../../profiles/base/stu3.json', import.meta.url), 'utf8')) as Record<
  string,
  unknown
>;
const definitions = loadBaseDefinitions('stu3');
const resources = [...definitions.types].filter(([, type]) => type.kind === 'resource' && !type.abstract);

describe('profiles/base/stu3.json', () => {
  it('is as the script wrote it', () => {
    const { hash, ...content } = file;
    const actual = `sha256-${createHash('sha256').update(JSON.stringify(content)).digest('base64')}`;
    expect(hash).toBe(actual);
  });

  it('holds the whole of STU3', () => {
    expect(definitions.fhirVersion).toBe('3.0.1');
    expect(resources).toHaveLength(117);
    expect([...definitions.types.values()].filter((type) => type.kind === 'primitive-type')).toHaveLength(18);
  });

  it('names only types it has, as base, as type and as reference target', () => {
    const named = [...definitions.types.values()].flatMap((type) => [
      ...(type.base === undefined ? [] : [type.base]),
      ...type.elements.flatMap((element) =>
        (element.types ?? []).flatMap(({ code, profile, targets }) => [
          code,
          ...(profile === undefined ? [] : [profile]),
          ...(targets ?? []),
        ]),
      ),
    ]);
    expect(named.length).toBeGreaterThan(3000);
    expect([...new Set(named)].filter((name) => !definitions.types.has(name))).toEqual([]);
  });

  it('has content for every content reference', () => {
    const references = [...definitions.types.values()].flatMap((type) =>
      type.elements.flatMap((element) => element.contentReference ?? []),
    );
    expect(references).toHaveLength(35);
    for (const path of references) expect(definitions.structure(path).elements.length, path).toBeGreaterThan(3);
  });

  it('has a code list for every required binding that can be enumerated', () => {
    const bound = new Set([...definitions.types.values()].flatMap((t) => t.elements.flatMap((e) => e.binding ?? [])));
    expect([...bound].filter((url) => !definitions.codeLists.has(url)).sort()).toEqual([
      'http://build.fhir.org/valueset-request-intent.html',
      'http://hl7.org/fhir/ValueSet/designation-use',
      'http://www.rfc-editor.org/bcp/bcp13.txt',
    ]);
    for (const [url, lists] of definitions.codeLists)
      for (const { codes } of lists) expect(codes.length, url).toBeGreaterThan(0);
  });

  it('keeps the constraints, each where it belongs', () => {
    const keysAt = (type: string, path: string): string[] =>
      (definitions.types.get(type)?.elements.find((one) => one.path === path)?.constraints ?? []).map((c) => c.key);
    expect(definitions.types.get('Appointment')?.constraints?.map((one) => one.key)).toEqual(['app-2', 'app-3']);
    expect(keysAt('Appointment', 'participant')).toEqual(['app-1']);
    expect(keysAt('Patient', 'contact')).toEqual(['pat-1']);
    expect(keysAt('Organization', 'telecom')).toEqual(['org-3']);
  });
});

describe('structures', () => {
  it('put what is inherited before what is their own', () => {
    const names = definitions.structure('Slot').elements.map((element) => element.name);
    expect(names.slice(0, 9)).toEqual([
      'id',
      'meta',
      'implicitRules',
      'language',
      'text',
      'contained',
      'extension',
      'modifierExtension',
      'identifier',
    ]);
    expect(new Set(names).size).toBe(names.length);
  });

  it('compile for every resource type', () => {
    expect(() => createStructureValidator(definitions).prepare(resources.map(([name]) => name))).not.toThrow();
  });

  it('refuse a path nobody defined', () => {
    expect(() => definitions.structure('Patient.nickname')).toThrow(TypeError);
    expect(() => definitions.structure('Dragon')).toThrow(TypeError);
  });
});
