/** `profiles/base/<release>-codes.json`: all of FHIR's own code systems and value sets, without displays. */
import type { BaseCodesFile } from '../../src/validation/definitions/facts.js';
import { readCodeSystem, readValueSet } from '../../src/validation/definitions/read.js';
import type { SourceResource } from './sources.js';

export function baseCodes(resources: readonly SourceResource[]): BaseCodesFile {
  const ofType = (type: string): SourceResource[] =>
    resources.filter((one) => one.resourceType === type).sort((a, b) => (a.url < b.url ? -1 : 1));
  // A supplement adds words to the codes of another system, and no code.
  const systems = ofType('CodeSystem').filter((one) => one.content !== 'supplement');
  return {
    codeSystems: Object.fromEntries(systems.map(readCodeSystem).map(({ url, facts }) => [url, facts])),
    valueSets: Object.fromEntries(
      ofType('ValueSet')
        .map(readValueSet)
        .map(({ url, facts }) => [url, facts]),
    ),
  };
}
