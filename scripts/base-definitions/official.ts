/**
 * The R4 package's maker has changed some resource definitions to suit its server and took over parts of later
 * releases. The data elements in the same package are as HL7 published them: with them, and the list of what was added
 * (unknown both to them and to the R4 model of fhirpath.js), the definitions are R4 4.0.1 again. The data elements alone
 * would not do, for they leave out backbone elements and, by clashes of their shortened ids, a few others.
 */
import type { SourceElement, SourceResource } from './sources.js';

/** Elements that R4 4.0.1 doesn't have, with all inside them. */
const ADDED: ReadonlySet<string> = new Set([
  'Binary.url',
  'DeviceDefinition.bodySite',
  'DeviceDefinition.classification',
  'Meta.account',
  'Meta.accounts',
  'Meta.author',
  'Meta.compartment',
  'Meta.onBehalfOf',
  'Meta.project',
  'ObservationDefinition.publisher',
  'ResearchStudy.associatedParty',
  'ResearchStudy.classifier',
  'ResearchStudy.comparisonGroup',
  'ResearchStudy.descriptionSummary',
  'ResearchStudy.label',
  'ResearchStudy.name',
  'ResearchStudy.objective.description',
  'ResearchStudy.outcomeMeasure',
  'ResearchStudy.progressStatus',
  'ResearchStudy.recruitment',
  'ResearchStudy.region',
  'ResearchStudy.result',
  'ResearchStudy.studyDesign',
  'ResearchStudy.whyStopped',
]);
/** Elements whose content is of a later release throughout. */
const REWRITTEN: ReadonlySet<string> = new Set(['EvidenceVariable.characteristic']);

export function toOfficial(
  definitions: ReadonlyMap<string, SourceResource>,
  dataElements: readonly SourceResource[],
): ReadonlyMap<string, SourceResource> {
  const official = new Map<string, SourceElement>();
  for (const { snapshot } of dataElements) {
    const [element] = snapshot?.element ?? [];
    // Some paths write the "[x]" of a choice as "X".
    const path = element?.path.replace(/X$/, '[x]');
    // Those of SimpleQuantity have Quantity's paths too and come after them.
    if (element !== undefined && path !== undefined && !official.has(path)) official.set(path, element);
  }
  const unseen = new Set([...ADDED, ...REWRITTEN]);
  const mended = [...definitions].map(([id, definition]) => {
    if (definition.derivation === 'constraint') return [id, definition] as const;
    const elements = (definition.snapshot?.element ?? []).flatMap((element): SourceElement[] => {
      const parts = element.path.split('.');
      const above = parts.map((_, index) => parts.slice(0, index + 1).join('.'));
      for (const path of above) unseen.delete(path);
      if (above.some((path) => ADDED.has(path)) || above.slice(0, -1).some((path) => REWRITTEN.has(path))) return [];
      if (REWRITTEN.has(element.path)) return [element, ...childrenOf(element.path, official)];
      const { path, base } = element;
      return [{ ...element, ...official.get(path), path, ...(base === undefined ? {} : { base }) }];
    });
    return [id, { ...definition, snapshot: { element: elements } }] as const;
  });
  if (unseen.size > 0) throw new Error(`The package no longer has ${[...unseen].join(', ')}.`);
  return new Map(mended);
}

function childrenOf(path: string, official: ReadonlyMap<string, SourceElement>): SourceElement[] {
  // What every BackboneElement has is inherited and must not be said again.
  const inherited = ['id', 'extension', 'modifierExtension'].map((name) => `${path}.${name}`);
  return [...official]
    .filter(([name]) => name.startsWith(`${path}.`) && !inherited.includes(name))
    .map(([name, element]) => ({ ...element, path: name, base: { path: name } }));
}
