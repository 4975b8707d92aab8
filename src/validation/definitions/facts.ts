/**
 * The facts of FHIR definitions as validation needs them, the same for every release. `profiles/base/<release>.json`
 * holds them ready-made for the official definitions; `read.ts` makes them of StructureDefinitions given at run time.
 */

export interface Constraint {
  readonly key: string;
  readonly severity: 'error' | 'warning';
  /** FHIRPath; a constraint without one can't be checked and is left out of the base files. */
  readonly expression: string;
  /** What it says in words, for messages; the base files keep it apart. */
  readonly human?: string;
}

export interface ElementType {
  readonly code: string;
  /** Canonical urls of profiles of the type, of which one has to be met; base types by their name (`SimpleQuantity`). */
  readonly profiles?: readonly string[];
  /** What a reference may point to: canonical urls, base resource types by their name; absent where anything will do. */
  readonly targets?: readonly string[];
  /** Where what a reference points to has to be; absent where anywhere. */
  readonly aggregation?: readonly Aggregation[];
}

export interface Binding {
  /** `max`: a weaker binding, of which only the max value set is a rule; `valueSet` is that one. */
  readonly strength: 'required' | 'extensible' | 'max';
  readonly valueSet: string;
  /** Value set of the extension elementdefinition-maxValueSet. */
  readonly max?: string;
}

/** A number, a date or time as text, or a Quantity. */
export type Bound = number | string | QuantityBound;

export interface QuantityBound {
  readonly value: number;
  readonly system?: string;
  readonly code?: string;
  readonly unit?: string;
}

export type Aggregation = 'contained' | 'referenced' | 'bundled';

export interface ElementFacts {
  /** Relative to its type: `participant.status`. */
  readonly path: string;
  readonly min: number;
  /** A number or `*`. */
  readonly max: string;
  readonly types?: readonly ElementType[];
  /** Absolute path of the element whose content this one shares. */
  readonly contentReference?: string;
  readonly binding?: Binding;
  /** An XML attribute: in JSON it has no `_name` beside it. */
  readonly attribute?: true;
  readonly constraints?: readonly Constraint[];
  /** Value of fixed[x] or pattern[x], whatever its type. */
  readonly fixed?: unknown;
  readonly pattern?: unknown;
  readonly maxLength?: number;
  /** Value of minValue[x] or maxValue[x]. */
  readonly minValue?: Bound;
  readonly maxValue?: Bound;
}

export interface TypeFacts {
  readonly kind: 'resource' | 'complex-type' | 'primitive-type';
  readonly abstract?: true;
  readonly base?: string;
  /** JSON type of a primitive. */
  readonly json?: 'string' | 'number' | 'boolean';
  readonly constraints?: readonly Constraint[];
  readonly elements: readonly ElementFacts[];
}

/** `profiles/base/<release>.json`. */
export interface BaseDefinitionsFile {
  readonly fhirVersion: string;
  /** By name; in the order in which XML wants the elements. What a base type says is not said again. */
  readonly types: Readonly<Record<string, TypeFacts>>;
}

/** A concept without children is its code alone; one with children is a list that begins with its own code. */
export type ConceptFacts = string | readonly (string | ConceptFacts)[];

export interface CodeSystemFacts {
  readonly concepts: readonly ConceptFacts[];
  /** Codes differ by case only where this is absent. */
  readonly caseInsensitive?: true;
  /** The definition holds a part of its codes only (`content` is not `complete`). */
  readonly incomplete?: true;
}

export interface IncludeFacts {
  readonly system?: string;
  /** Codes listed one by one; absent for the whole system (or its filtered part). */
  readonly codes?: readonly string[];
  readonly filters?: readonly { readonly property: string; readonly op: string; readonly value: string }[];
  /** Canonical urls of value sets; a code has to be in all of them (and in the system, when one is named). */
  readonly valueSets?: readonly string[];
}

export interface ValueSetFacts {
  readonly include: readonly IncludeFacts[];
  readonly exclude?: readonly IncludeFacts[];
}

/** `profiles/base/<release>-codes.json`: read when the first binding needs it. */
export interface BaseCodesFile {
  readonly codeSystems: Readonly<Record<string, CodeSystemFacts>>;
  readonly valueSets: Readonly<Record<string, ValueSetFacts>>;
}

/** A StructureDefinition that constrains another one, trimmed to what validation needs. */
export interface ProfileFacts {
  readonly url: string;
  readonly version?: string;
  readonly name: string;
  /** The type it constrains: `Patient`, `Extension`, `Identifier`. */
  readonly type: string;
  /** Canonical url of what it constrains; a base type by its name. */
  readonly base: string;
  readonly abstract?: true;
  /** Where an extension may stand; absent when anywhere. */
  readonly contexts?: readonly ExtensionContext[];
  /** An extension that changes the meaning of what holds it; not said of FHIR's own. */
  readonly modifier?: true;
  /** Differential, or snapshot where there is no differential. */
  readonly elements: readonly ProfileElement[];
  /** `elements` is a snapshot: whole by itself, without what the base says. */
  readonly whole?: true;
}

export interface ExtensionContext {
  /** `element`: a path or type (`Patient.identifier`, `Identifier`, `Element`); `extension`: the url of the holder. */
  readonly kind: 'element' | 'extension' | 'fhirpath';
  readonly expression: string;
}

/** As ElementFacts, but every fact is optional and paths are absolute (`Patient.identifier.system`). */
export interface ProfileElement extends Partial<Omit<ElementFacts, 'path'>> {
  /** Element id; worked out from paths and slice names where the definition has none. */
  readonly id: string;
  readonly path: string;
  readonly sliceName?: string;
  readonly slicing?: SlicingFacts;
  readonly mustSupport?: true;
}

export interface SlicingFacts {
  readonly discriminators: readonly { readonly type: DiscriminatorType; readonly path: string }[];
  readonly rules: 'open' | 'closed' | 'openAtEnd';
  readonly ordered?: true;
}

export type DiscriminatorType = 'value' | 'pattern' | 'exists' | 'type' | 'profile';

/** `profiles/base/<release>-constraints.json`: read when the first message needs it. */
export interface BaseConstraintsFile {
  /** What constraints say in words, by the type's name or the profile's canonical url, and by key. */
  readonly constraints: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** `profiles/base/<release>-extensions.json`: FHIR's own extensions and profiles, read when the first one is needed. */
export interface BaseProfilesFile {
  readonly profiles: readonly ProfileFacts[];
}
