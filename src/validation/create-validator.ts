/** The validator: definitions in, issues out. */
import { createCompiler } from './compile/compiler.js';
import { FHIR_DEFINITION, isJson } from './definitions/json.js';
import type { ElementNode } from './definitions/elements.js';
import { loadBaseCodes, loadBaseConstraints } from './definitions/base.js';
import { createRegistry } from './definitions/registry.js';
import { toIssues } from './report/issues.js';
import type { IssueCode, RuleKind, ValidateOptions, ValidationIssue, Validator, ValidatorOptions } from './types.js';

const MAX_ISSUES = 100;
/** Several faults can come to one issue. */
const FAULTS_PER_ISSUE = 8;

export function createValidator(options: ValidatorOptions): Validator {
  const { release, definitions = [], ownProfiles = true, quoteValues = true, maxIssues = MAX_ISSUES } = options;
  const registry = createRegistry(release, definitions, ownProfiles);
  const compiler = createCompiler(registry, {
    mostFaults: maxIssues * FAULTS_PER_ISSUE,
    quietTerminology: options.quietTerminology ?? false,
    compilesBetweenTurns: options.compilesBetweenTurns ?? false,
  });
  const { base, words } = registry;
  const { types } = base;
  const isResourceType = (type: unknown): type is string =>
    typeof type === 'string' && types.get(type)?.kind === 'resource' && types.get(type)?.abstract !== true;

  return {
    release,
    problems: registry.problems,
    validate(resource, wanted = {}) {
      try {
        return inspect(resource, wanted);
      } catch (error) {
        return [unfinished(wanted, error)];
      }
    },
    prepare(names) {
      // The lists that codes and faults are looked up in, too.
      loadBaseCodes(release);
      loadBaseConstraints(release);
      for (const name of names) {
        const tree = treeOf(name);
        if (tree === undefined) throw new TypeError(`${name} is neither a type nor a known profile.`);
        compiler.content(tree);
      }
      compiler.units.compileAll();
    },
    checkDefinitions() {
      for (const url of registry.given) {
        const tree = compiler.profile(url);
        if (tree !== undefined) compiler.content(tree);
      }
      compiler.units.compileAll();
      return registry.problems;
    },
    profilesOf: (type) => [...registry.given, ...registry.own()].filter((url) => registry.profile(url)?.type === type),
  };

  function inspect(resource: unknown, wanted: ValidateOptions): readonly ValidationIssue[] {
    const type = isJson(resource) ? resource['resourceType'] : undefined;
    if (!isJson(resource) || !isResourceType(type) || (wanted.type ?? type) !== type)
      return [wrongType(resource, wanted)];
    const trees: ElementNode[] = [];
    for (const url of wanted.profiles ?? []) {
      const tree = treeOf(url);
      if (tree === undefined) return [unusable(type, url, `is not known or can't be used${reasonFor(url)}`)];
      if (tree.path !== type) return [unusable(type, url, `is for ${tree.path}`)];
      trees.push(tree);
    }
    // A getter that threw may have left faults of another resource behind.
    compiler.units.faults.take();
    compiler.check(resource, trees, wanted.ignoreClaims ?? false);
    return toIssues(compiler.units.faults.take(), resource, compiler, { quoteValues, maxIssues, words });
  }

  function treeOf(name: string): ElementNode | undefined {
    const bare = name.split('|')[0] ?? '';
    const base = bare.replace(FHIR_DEFINITION, '');
    return compiler.profile(bare) ?? (types.has(base) ? compiler.snapshots.tree(base) : undefined);
  }

  function reasonFor(url: string): string {
    const problem = registry.problems.find(({ definition }) => definition === url);
    return problem === undefined ? '' : `: ${problem.reason}`;
  }
}

function wrongType(resource: unknown, { type }: ValidateOptions): ValidationIssue {
  const wanted = type === undefined ? 'a resource with a FHIR resourceType' : `a resource of type ${type}`;
  const found = isJson(resource) ? 'its resourceType is missing or another' : 'it is no JSON object';
  return root(type ?? 'Resource', 'resource-type', 'structure', `The content must be ${wanted}, but ${found}.`);
}

/** A property that can't be read, or a definition and a value that both go deeper than the stack does. */
function unfinished({ type }: ValidateOptions, error: unknown): ValidationIssue {
  const [kind, code, reason] =
    error instanceof RangeError
      ? (['too-large', 'too-costly', 'it is nested too deep'] as const)
      : (['resource-type', 'structure', 'a property of it can not be read'] as const);
  return root(type ?? 'Resource', kind, code, `The content could not be checked, because ${reason}.`);
}

function unusable(type: string, url: string, what: string): ValidationIssue {
  return root(type, 'profile', 'not-found', `The profile ${url} ${what}.`);
}

function root(expression: string, kind: RuleKind, code: IssueCode, message: string): ValidationIssue {
  return { severity: 'error', code, expression, pointer: '', message, rule: { kind } };
}
