/** Text in, issues with line and column out. */
import { duplicateNames, jsonFault, locateJson, type DuplicateName } from '../positions/json.js';
import { scanJson } from '../positions/scan.js';
import type { IssueCode, RuleKind, ValidationIssue, Validator } from '../types.js';
import { locateBy } from './locate.js';
import type { ReadXml, ValidateTextOptions } from './options.js';
import { ELEMENT_NAME, expressionOf, valueAt } from './pointers.js';

/** Characters of a text that fits into memory whatever is in it. */
const SURELY_SMALL = 16_000_000;
const LARGEST_TEXT = 200_000_000;
/** Beyond it, what the text says may not fit into memory: the shortest value is a digit and a comma. */
const MOST_HOLDERS = 5_000_000;
const MOST_VALUES = 20_000_000;

/** Issues with line and column; faults of the text itself are issues of kind `syntax`. Never throws. */
export function validateText(
  validator: Validator,
  text: string,
  options: ValidateTextOptions,
): readonly ValidationIssue[] {
  if (text.length > LARGEST_TEXT) return [tooLarge(`longer than ${LARGEST_TEXT / 1_000_000} million characters`)];
  return options.format === 'json' ? validateJson(validator, text, options) : validateXml(validator, text, options);
}

function validateJson(validator: Validator, text: string, options: ValidateTextOptions): readonly ValidationIssue[] {
  const size = text.length > SURELY_SMALL ? sizeFault(text) : undefined;
  if (size !== undefined) return [size];
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    const { message = 'The text is no JSON.', ...position } = jsonFault(text) ?? {};
    return [fault(message, { ...position })];
  }
  const { at = '' } = options;
  const resource = valueAt(document, at);
  const issues = [
    ...duplicateNames(text).map((duplicate) => twice(duplicate, resource, at)),
    ...validator.validate(resource, options),
  ];
  return locateBy(issues, (pointers) => locateJson(text, pointers), at);
}

function validateXml(
  validator: Validator,
  text: string,
  { readXml, at = '', ...options }: ValidateTextOptions,
): readonly ValidationIssue[] {
  if (readXml === undefined) return [fault('XML can not be read here; give the resource as JSON.')];
  let read: ReturnType<ReadXml>;
  try {
    read = readXml(text);
  } catch (error) {
    const { message, line, column } = (typeof error === 'object' && error !== null ? error : {}) as {
      readonly [name in 'message' | 'line' | 'column']?: unknown;
    };
    return [
      fault(typeof message === 'string' ? message : 'The XML could not be read.', {
        ...(typeof line === 'number' && { line }),
        ...(typeof column === 'number' && { column }),
      }),
    ];
  }
  return locateBy(validator.validate(valueAt(read.resource, at), options), (pointers) => read.locate(pointers), at);
}

/** Names twice in one object: which value is meant, readers don't agree on. */
function twice({ pointer, name, line, column }: DuplicateName, resource: unknown, at: string): ValidationIssue {
  const inside = pointer.startsWith(`${at}/`);
  const below = inside ? pointer.slice(at.length) : '';
  const type = valueAt(resource, '/resourceType');
  const root = typeof type === 'string' && ELEMENT_NAME.test(type) ? type : 'Resource';
  const said = ELEMENT_NAME.test(name) ? `The property "${name}"` : 'A property';
  return {
    ...fault(`${said} stands twice in one object, and readers differ on which counts; keep one of them.`, {
      line,
      column,
    }),
    expression: inside ? expressionOf(root, resource, below) : '',
    pointer: below,
  };
}

function sizeFault(text: string): ValidationIssue | undefined {
  let holders = 0;
  let values = 0;
  scanJson(text, {
    value: () => (values += 1),
    enter: () => (holders += 1),
    name: () => (holders += 1),
  });
  if (holders > MOST_HOLDERS)
    return tooLarge(`of more than ${MOST_HOLDERS / 1_000_000} million objects and properties`);
  return values > MOST_VALUES ? tooLarge(`of more than ${MOST_VALUES / 1_000_000} million values`) : undefined;
}

function fault(message: string, position: { readonly line?: number; readonly column?: number } = {}): ValidationIssue {
  return issue('syntax', 'structure', message, position);
}

function tooLarge(what: string): ValidationIssue {
  return issue('too-large', 'too-costly', `The text is ${what}; split it into several resources.`, {
    line: 1,
    column: 1,
  });
}

function issue(
  kind: RuleKind,
  code: IssueCode,
  message: string,
  position: { readonly line?: number; readonly column?: number },
): ValidationIssue {
  return { severity: 'error', code, expression: '', pointer: '', message, rule: { kind }, ...position };
}
