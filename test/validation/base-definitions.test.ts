import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SOURCES } from '../../scripts/base-definitions/sources.js';
import {
  loadBaseCodes,
  loadBaseConstraints,
  loadBaseDefinitions,
  loadBaseProfiles,
} from '../../src/validation/definitions/base.js';

const RELEASES = {
  stu3: {
    counts: { resources: 117, primitives: 18, contentReferences: 35, codeSystems: 941, valueSets: 1154, profiles: 407 },
    absent: {
      'http://build.fhir.org/valueset-request-intent.html': 'an address that never was a value set',
      'http://nucc.org/provider-taxonomy': 'not in FHIR',
      'http://snomed.info/sct': 'licensed',
      'http://unitsofmeasure.org': 'a grammar, not a list',
      'http://unstats.un.org/unsd/methods/m49/m49.htm': 'not in FHIR',
      'http://www.rfc-editor.org/bcp/bcp13.txt': 'a grammar, not a list',
      'urn:ietf:bcp:47': 'a grammar, not a list',
      'urn:iso:std:iso:3166': 'not in FHIR',
    },
  },
  r4: {
    counts: {
      resources: 146,
      primitives: 20,
      contentReferences: 55,
      codeSystems: 1059,
      valueSets: 1317,
      profiles: 437,
    },
    absent: {
      'http://dicom.nema.org/medical/dicom/current/output/chtml/part04/sect_B.5.html#table_B.5-1': 'not in FHIR',
      'http://dicom.nema.org/medical/dicom/current/output/chtml/part16/sect_CID_29.html': 'not in FHIR',
      'http://hl7.org/fhir/ValueSet/usps-state': 'of a guide of the US',
      'http://ihe.net/fhir/ValueSet/IHE.FormatCode.codesystem': 'not in FHIR',
      'http://loinc.org/vs/LL379-9': 'licensed',
      'http://nucc.org/provider-taxonomy': 'not in FHIR',
      'http://snomed.info/sct': 'licensed',
      'http://unitsofmeasure.org': 'a grammar, not a list',
      'http://unstats.un.org/unsd/methods/m49/m49.htm': 'not in FHIR',
      'http://www.rfc-editor.org/bcp/bcp13.txt': 'a grammar, not a list',
      'http://www.rsna.org/RadLex_Playbook.aspx': 'licensed',
      'https://www.iana.org/time-zones': 'not in FHIR',
      'urn:ietf:bcp:13': 'a grammar, not a list',
      'urn:ietf:bcp:47': 'a grammar, not a list',
      'urn:iso:std:iso:3166': 'not in FHIR',
      'urn:iso:std:iso:3166:-2': 'not in FHIR',
      'urn:iso:std:iso:4217': 'not in FHIR',
    },
  },
} as const;

describe.each(['stu3', 'r4'] as const)('the base definitions of %s', (release) => {
  const { counts, absent } = RELEASES[release];
  const { fhirVersion, source } = SOURCES[release];
  const definitions = loadBaseDefinitions(release);
  const codes = loadBaseCodes(release);
  const { profiles } = loadBaseProfiles(release);
  const types = [...definitions.types.values()];
  const elements = types.flatMap((type) => type.elements);
  const resources = [...definitions.types].filter(([, type]) => type.kind === 'resource' && !type.abstract);

  it.each([release, ...['codes', 'extensions', 'constraints'].map((part) => `${release}-${part}`)])(
    '%s.json is as the script wrote it',
    (name) => {
      const url = new URL(`../../profiles/base/${name}.json`, import.meta.url);
      const { hash, ...content } = JSON.parse(readFileSync(url, 'utf8')) as Record<string, unknown>;
      expect(hash).toBe(`sha256-${createHash('sha256').update(JSON.stringify(content)).digest('base64')}`);
      expect(content).toMatchObject({ fhirVersion, source });
    },
  );

  it('are whole', () => {
    expect({
      resources: resources.length,
      primitives: types.filter((type) => type.kind === 'primitive-type').length,
      contentReferences: elements.filter((element) => element.contentReference !== undefined).length,
      codeSystems: Object.keys(codes.codeSystems).length,
      valueSets: Object.keys(codes.valueSets).length,
      profiles: profiles.length,
    }).toEqual(counts);
    const listed = codes.codeSystems['http://hl7.org/fhir/resource-types']?.concepts;
    expect([...definitions.types].filter(([, type]) => type.kind === 'resource').map(([name]) => name)).toEqual(
      listed?.map(String).sort(),
    );
  });

  it('name only types they have, as base, as type, as profile and as reference target', () => {
    const named = types.flatMap((type) => [
      ...(type.base === undefined ? [] : [type.base]),
      ...type.elements.flatMap((element) =>
        (element.types ?? []).flatMap((one) => [one.code, ...(one.profiles ?? []), ...(one.targets ?? [])]),
      ),
    ]);
    expect(named.length).toBeGreaterThan(3000);
    expect([...new Set(named)].filter((name) => !definitions.types.has(name))).toEqual([]);
  });

  it('have extensions and profiles that constrain what is known', () => {
    const known = new Set([...definitions.types.keys(), ...profiles.map((profile) => profile.url)]);
    expect(profiles.filter(({ base, type }) => !known.has(base) || !definitions.types.has(type))).toEqual([]);
    expect(new Set(profiles.map((profile) => profile.url)).size).toBe(profiles.length);
    const named = profiles.flatMap((profile) =>
      profile.elements.flatMap(({ types: of = [] }) =>
        of.flatMap((one) => [one.code, ...(one.profiles ?? []), ...(one.targets ?? [])]),
      ),
    );
    expect([...new Set(named)].filter((name) => !known.has(name)).sort()).toEqual([]);
    const birthTime = profiles.find((one) => one.url === 'http://hl7.org/fhir/StructureDefinition/patient-birthTime');
    expect(birthTime?.contexts).toEqual([{ kind: 'element', expression: 'Patient.birthDate' }]);
  });

  it('have content for every element: types or a reference to another element', () => {
    for (const element of elements) {
      if (element.contentReference === undefined) expect(element.types?.length, element.path).toBeGreaterThan(0);
      else expect(definitions.structure(element.contentReference).elements.length, element.path).toBeGreaterThan(3);
    }
  });

  it('have the value set of every binding, and every code system those need', () => {
    const missing = new Set<string>();
    const seen = new Set<string>();
    const visit = (url: string): void => {
      if (seen.has(url)) return;
      seen.add(url);
      const facts = codes.valueSets[url];
      if (facts === undefined) missing.add(url);
      for (const part of [...(facts?.include ?? []), ...(facts?.exclude ?? [])]) {
        part.valueSets?.forEach(visit);
        const whole = part.system !== undefined && part.codes === undefined;
        if (whole && (codes.codeSystems[part.system]?.incomplete ?? codes.codeSystems[part.system] === undefined))
          missing.add(part.system);
      }
    };
    const bound = [...elements, ...profiles.flatMap((profile) => profile.elements)];
    for (const { binding } of bound) for (const url of [binding?.valueSet, binding?.max]) if (url) visit(url);
    expect([...missing].sort()).toEqual(Object.keys(absent).sort());
  });

  it('keep the order XML wants, what is inherited first', () => {
    const names = definitions.structure('Slot').elements.map((element) => element.name);
    expect(names).toEqual([
      ...['id', 'meta', 'implicitRules', 'language', 'text', 'contained', 'extension', 'modifierExtension'],
      ...['identifier', 'serviceCategory', 'serviceType', 'specialty', 'appointmentType', 'schedule', 'status'],
      ...['start', 'end', 'overbooked', 'comment'],
    ]);
  });

  it('keep the constraints, each where it belongs and once', () => {
    const keysAt = (type: string, path?: string): string[] => {
      const facts = definitions.types.get(type);
      const holder = path === undefined ? facts : facts?.elements.find((one) => one.path === path);
      return (holder?.constraints ?? []).map((constraint) => constraint.key);
    };
    expect(keysAt('Appointment')).toEqual(release === 'stu3' ? ['app-2', 'app-3'] : ['app-2', 'app-3', 'app-4']);
    expect(keysAt('Appointment', 'participant')).toEqual(['app-1']);
    expect(keysAt('Patient', 'contact')).toEqual(['pat-1']);
    expect(keysAt('Organization', 'telecom')).toEqual(['org-3']);
    expect(keysAt('Extension')).toEqual(['ext-1']);
    expect(keysAt('DomainResource', 'extension')).toEqual([]);
  });

  it('have words for each constraint, kept apart and for no other', () => {
    const { constraints } = loadBaseConstraints(release);
    const keysOf = (holders: readonly { readonly constraints?: readonly { readonly key: string }[] }[]): string[] => [
      ...new Set(holders.flatMap((holder) => holder.constraints ?? []).map(({ key }) => key)),
    ];
    const stated = [
      ...[...definitions.types].map(([name, type]) => [name, keysOf([type, ...type.elements])] as const),
      ...profiles.map(({ url, elements: own }) => [url, keysOf(own)] as const),
    ];
    const words = Object.entries(constraints).map(([owner, own]) => [owner, Object.keys(own)] as const);
    expect(words).toEqual(stated.filter(([, keys]) => keys.length > 0).map(([owner, keys]) => [owner, keys.sort()]));
    for (const own of Object.values(constraints))
      for (const [key, text] of Object.entries(own)) expect(text, key).toMatch(/^\S.*\S$/s);
    expect(JSON.stringify([[...definitions.types], profiles]).includes('"human":')).toBe(false);
    expect(constraints['Patient']?.['pat-1']).toMatch(/contact's details or a reference to an organization/);
  });

  it('are those of the release, without what the package or a later release adds', () => {
    const names = (path: string): string[] => definitions.structure(path).elements.map(({ name }) => name);
    expect(names('Meta').filter((name) => !['id', 'extension'].includes(name))).toEqual([
      ...['versionId', 'lastUpdated', ...(release === 'r4' ? ['source'] : []), 'profile', 'security', 'tag'],
    ]);
    expect(names('Binary')).not.toContain('url');
    expect(definitions.structure('Bundle.entry.response').properties.get('outcome')?.type.code).toBe('Resource');
    expect(definitions.structure('Quantity').properties.has('comparator')).toBe(true);
    expect(definitions.structure('SimpleQuantity').properties.has('comparator')).toBe(false);
  });

  it('have ids as JSON holds them', () => {
    const idOf = (type: string): unknown => definitions.structure(type).elements[0]?.facts.types?.[0]?.code;
    expect([idOf('Patient'), idOf('Identifier'), idOf('Patient.contact')]).toEqual(['id', 'string', 'string']);
  });

  it('refuse a path nobody defined', () => {
    expect(() => definitions.structure('Patient.nickname')).toThrow(TypeError);
    expect(() => definitions.structure('Dragon')).toThrow(TypeError);
  });

  it('are read once', () => {
    expect(loadBaseDefinitions(release)).toBe(definitions);
    expect(loadBaseCodes(release)).toBe(codes);
    expect(loadBaseProfiles(release).profiles).toBe(profiles);
    expect(loadBaseConstraints(release)).toBe(loadBaseConstraints(release));
  });
});
