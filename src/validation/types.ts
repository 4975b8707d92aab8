/** What the validator takes and gives back. */

export type Release = 'stu3' | 'r4';

export type Severity = 'error' | 'warning' | 'information';

/** Codes of FHIR's issue-type list that both releases have. */
export type IssueCode =
  | 'structure'
  | 'required'
  | 'value'
  | 'invariant'
  | 'code-invalid'
  | 'extension'
  | 'not-found'
  | 'too-costly'
  | 'informational';

/** Which kind of rule was broken; stable, callers may switch on it. */
export type RuleKind =
  /** The text is no JSON or XML, or says a thing twice. */
  | 'syntax'
  /** No resource, or another resourceType than asked for. */
  | 'resource-type'
  /** A profile that is unknown, cannot be compiled, or is for another type. */
  | 'profile'
  | 'unknown-element'
  | 'cardinality'
  | 'type'
  | 'format'
  /** An object, array or string without content. */
  | 'empty'
  | 'binding'
  /** A binding that could not be checked here. */
  | 'terminology'
  | 'fixed'
  | 'pattern'
  /** maxLength, minValue, maxValue. */
  | 'range'
  /** A slice that is missing or repeats too often, or a value that closed slicing refuses. */
  | 'slicing'
  /** An item of a sliced list that stands where it may not: before others it has to follow, or after them. */
  | 'order'
  | 'reference-target'
  /** An extension that is unknown or stands where its definition does not allow it. */
  | 'extension'
  | 'invariant'
  | 'too-large';

export interface ValidationIssue {
  readonly severity: Severity;
  readonly code: IssueCode;
  /**
   * Where, with the names JSON has: `Appointment.extension[2].valueCode`. A missing element is named as if it were
   * there; the `_name` half of a primitive by its name alone.
   */
  readonly expression: string;
  /** The same as a JSON pointer (RFC 6901) to a value that exists: `/extension/2/valueCode`; the root is the empty text. */
  readonly pointer: string;
  /** One sentence: what was found, what was expected, how to mend it. */
  readonly message: string;
  readonly rule: Rule;
  /** Position in the source text, both from 1; only where the text was given. */
  readonly line?: number;
  readonly column?: number;
}

export interface Rule {
  readonly kind: RuleKind;
  /** Canonical url of the definition that holds the rule. */
  readonly profile?: string;
  /** Element id in it: `Patient.identifier:nhsNumber.system`. */
  readonly element?: string;
  /** Key of an invariant: `app-1`. */
  readonly constraint?: string;
}

/** A definition that was given and can't be used. */
export interface DefinitionProblem {
  /** Its canonical url, or the file when it has none. */
  readonly definition: string;
  readonly reason: string;
}

export interface ValidatorOptions {
  readonly release: Release;
  /** StructureDefinitions, ValueSets and CodeSystems beyond those that come with the package. */
  readonly definitions?: readonly unknown[];
  /** Whether the profiles under `profiles/` of this release are known; they are by default. */
  readonly ownProfiles?: boolean;
  /** Whether messages may repeat values of the resource. They may by default; the gateway says no, for they are patients'. */
  readonly quoteValues?: boolean;
  /** Leave out the notes about bindings that can't be checked here. */
  readonly quietTerminology?: boolean;
  /**
   * For a server: what is validated often enough to be compiled is compiled between two turns of the event loop, so that
   * no request waits for it. By default it is compiled at once, which a long list of resources is quicker with.
   */
  readonly compilesBetweenTurns?: boolean;
  /** Issues reported at most, 100 by default. One more, of kind `too-large`, says so when there were more. */
  readonly maxIssues?: number;
}

export interface ValidateOptions {
  /** The resource type it has to be. */
  readonly type?: string;
  /** Canonical urls of profiles to hold it against, beside those of its own `meta.profile`. */
  readonly profiles?: readonly string[];
  /** Leave aside what the resource itself and those inside it name in `meta.profile`. */
  readonly ignoreClaims?: boolean;
}

export interface Validator {
  readonly release: Release;
  /** Every issue of the resource in a fixed order; without an `error` among them the resource is valid. Never throws. */
  validate(resource: unknown, options?: ValidateOptions): readonly ValidationIssue[];
  /** Compiles these resource types and profiles (canonical urls) now instead of at first use. */
  prepare(names: readonly string[]): void;
  /** Definitions that could not be read or compiled so far; `checkDefinitions` compiles all that were given. */
  readonly problems: readonly DefinitionProblem[];
  checkDefinitions(): readonly DefinitionProblem[];
  /** Canonical urls of all profiles known for a resource type. */
  profilesOf(type: string): readonly string[];
}
