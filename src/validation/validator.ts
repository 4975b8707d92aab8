/** Checks resources against the base structure of their FHIR version, before any profile is looked at. */
import { compileAll, createCompiler, type Compiler } from './compile.js';
import type { Definitions } from './definitions/base.js';
import { toIssues, type StructureIssue } from './issues.js';
import { isRecord } from './locate.js';

export interface StructureValidator {
  /**
   * Every fault of the resource, in an order that depends on nothing but the resource; empty when there is none. Takes
   * anything and never throws for it. `expectedType` is the resource type it has to be; another one is a fault.
   */
  validate(resource: unknown, expectedType?: string): StructureIssue[];
  /** Compiles these resource types now rather than with the first resource of the type. */
  prepare(types: readonly string[]): void;
}

export interface StructureValidatorOptions {
  /** Issues reported at most. */
  readonly maxIssues?: number;
}

/** Levels of objects and arrays. Checks call themselves once a level, so the stack bounds them. */
const MAX_DEPTH = 64;
/** Values in a resource; ten times a searchset of a thousand slots. */
const MAX_VALUES = 500_000;
const MAX_ISSUES = 50;
/** Several faults can come to one issue. */
const FAULTS_PER_ISSUE = 4;

export function createStructureValidator(
  definitions: Definitions,
  options: StructureValidatorOptions = {},
): StructureValidator {
  const maxIssues = options.maxIssues ?? MAX_ISSUES;
  const compiler = createCompiler(definitions, maxIssues * FAULTS_PER_ISSUE);
  return {
    validate(resource, expectedType) {
      const root = expectedType ?? 'Resource';
      if (expectedType !== undefined) requireType(compiler, expectedType);
      if (isTooLarge(resource)) {
        const message = `${root} is nested deeper or holds more than any resource needs; make it smaller.`;
        return [{ fhirPath: root, rule: 'too-large', message }];
      }
      const type = isRecord(resource) ? resource['resourceType'] : undefined;
      const check = typeof type === 'string' ? compiler.resource(type) : undefined;
      if (typeof type !== 'string' || check === undefined || (expectedType !== undefined && type !== expectedType))
        return [wrongType(resource, expectedType)];
      // A getter that threw may have left faults of another resource behind.
      compiler.faults.take();
      if (!check(resource)) compiler.faults.insert(0, check.errors ?? []);
      return toIssues(compiler.faults.take(), resource, type, definitions, maxIssues);
    },
    prepare(types) {
      for (const type of types) {
        requireType(compiler, type);
        compileAll(compiler, definitions, type);
      }
    },
  };
}

function requireType(compiler: Compiler, type: string): void {
  if (compiler.resource(type) === undefined) throw new TypeError(`${type} is no resource type of these definitions.`);
}

function wrongType(resource: unknown, expectedType: string | undefined): StructureIssue {
  const wanted =
    expectedType === undefined ? 'a resource with a FHIR resourceType' : `a resource of type ${expectedType}`;
  const found = isRecord(resource) ? 'its resourceType is missing or another' : 'it is no JSON object';
  const message = `The content must be ${wanted}, but ${found}.`;
  return { fhirPath: expectedType ?? 'Resource', rule: 'resource-type', message };
}

/** Whether a tree has too many values or too many levels; found without recursion. */
function isTooLarge(root: unknown): boolean {
  let count = 1;
  let level = [root];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value !== 'object' || value === null) continue;
      for (const child of Object.values(value)) next.push(child);
      if (count + next.length > MAX_VALUES) return true;
    }
    if (next.length > 0 && depth >= MAX_DEPTH) return true;
    count += next.length;
    level = next;
  }
  return false;
}
