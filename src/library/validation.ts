/**
 * `slotbridge/validation`: validation of FHIR resources against profiles, for programs.
 *
 * ```ts
 * const validator = createValidator({ release: 'r4' });
 * const issues = validator.validate(resource, { profiles: ['https://fhir.hl7.org.uk/StructureDefinition/UKCore-Patient'] });
 * const valid = !issues.some(({ severity }) => severity === 'error');
 * ```
 */
import { loadDefinitions as load } from '../validation/sources/index.js';
import type { DefinitionProblem, Release, ValidateOptions, ValidationIssue, Validator } from '../validation/index.js';
import { validateText as validateWith } from '../validation/text/index.js';
import { xmlReaderOf } from './xml-reader.js';

export { createValidator } from '../validation/index.js';
export type {
  DefinitionProblem,
  Release,
  Rule,
  RuleKind,
  Severity,
  ValidateOptions,
  ValidationIssue,
  Validator,
  ValidatorOptions,
} from '../validation/index.js';

export interface LoadDefinitionsOptions {
  /** The release asked for: a package for another one is a problem and gives nothing. */
  readonly release?: Release;
  /** Where downloaded packages are kept, beside the package's own folder: `~/.fhir/packages` by default. */
  readonly packageCache?: string;
}

export interface LoadedDefinitions {
  /** StructureDefinitions, ValueSets and CodeSystems, as `createValidator` wants them. */
  readonly definitions: readonly unknown[];
  readonly problems: readonly DefinitionProblem[];
  /** What the package says, or all definitions agree on. */
  readonly release?: Release;
}

/**
 * Reads definitions of a file (JSON or XML), a folder or a FHIR package (`.tgz`), with the packages that it needs.
 * Never throws: what can't be read is among `problems`.
 */
export function loadDefinitions(path: string, options: LoadDefinitionsOptions = {}): LoadedDefinitions {
  const reader = xmlReaderOf(options.release ?? 'stu3');
  const { resources, ...rest } = load(path, { ...options, readXml: (text) => reader(text).resource });
  return { definitions: resources.map(({ resource }) => resource), ...rest };
}

export interface ValidateTextOptions extends ValidateOptions {
  /** By its first character where this is not said. */
  readonly format?: 'json' | 'xml';
}

/**
 * Validates the text of one resource: issues have `line` and `column`, and what is wrong with the text itself is an
 * issue of kind `syntax`. Never throws.
 */
export function validateText(
  validator: Validator,
  text: string,
  options: ValidateTextOptions = {},
): readonly ValidationIssue[] {
  const format = options.format ?? (text.trimStart().startsWith('<') ? 'xml' : 'json');
  return validateWith(validator, text, { ...options, format, readXml: xmlReaderOf(validator.release) });
}
