/** The body of `$validate`: a resource by itself, or Parameters that hold it. */
import { GatewayError } from '../../domain/errors.js';
import type { Finding } from './question.js';

export interface Asked {
  /** JSON pointer to the resource in the document; `undefined` when it holds none. */
  readonly at: string | undefined;
  readonly profiles: readonly string[];
  readonly modes: readonly string[];
  readonly notes: readonly Finding[];
}

type Json = Readonly<Record<string, unknown>>;

/** Types that clients of all releases give them. */
const PROFILE_VALUES = ['valueUri', 'valueCanonical', 'valueString'];
const MODE_VALUES = ['valueCode', 'valueString'];

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isParameters = (value: unknown): value is Json => isObject(value) && value['resourceType'] === 'Parameters';

/** Throws `bad-request` for Parameters that can't be understood. `type`: what the address says the resource is. */
export function readQuestion(document: unknown, type: string): Asked {
  if (!isParameters(document) || (type === 'Parameters' && !holdsParameters(document))) {
    return { at: '', profiles: [], modes: [], notes: [] };
  }
  const found = { at: undefined as string | undefined, profiles: [] as string[], modes: [] as string[] };
  const notes: Finding[] = [];
  for (const [index, parameter] of partsOf(document).entries()) {
    const place = `Parameters.parameter[${index}]`;
    const name = isObject(parameter) ? parameter['name'] : undefined;
    if (!isObject(parameter) || typeof name !== 'string') refuse(`${place} has no name`, place);
    if (name === 'resource') {
      if (found.at !== undefined) refuse('Parameter resource is there twice. Send one resource', place);
      if (!Object.hasOwn(parameter, 'resource')) refuse('Parameter resource holds no resource', place);
      found.at = `/parameter/${index}/resource`;
    } else if (name === 'profile') {
      found.profiles.push(textOf(parameter, PROFILE_VALUES, `${place}.valueUri`));
    } else if (name === 'mode') {
      found.modes.push(textOf(parameter, MODE_VALUES, `${place}.valueCode`));
    } else notes.push(leftOut(place, 'This parameter', `/parameter/${index}`));
  }
  return { ...found, notes };
}

/** What was not used is told: a misspelt `profile` would let everything pass. */
export function leftOut(expression: string, what: string, pointer = ''): Finding {
  return {
    severity: 'warning',
    code: 'informational',
    expression,
    pointer,
    message: `${what} is not known and was left out; resource, profile and mode are.`,
    rule: { kind: 'operation' },
  };
}

/** Parameters are asked about only when they are held by others. */
function holdsParameters(document: Json): boolean {
  const parts = document['parameter'];
  return (
    Array.isArray(parts) &&
    parts.some((part) => isObject(part) && part['name'] === 'resource' && isParameters(part['resource']))
  );
}

function partsOf(document: Json): readonly unknown[] {
  const parts = document['parameter'] ?? [];
  if (!Array.isArray(parts)) refuse('Parameters.parameter is not a list', 'Parameters.parameter');
  return parts;
}

function textOf(parameter: Json, names: readonly string[], place: string): string {
  const value = names.map((name) => parameter[name]).find((one) => one !== undefined);
  if (typeof value !== 'string' || value === '') refuse(`${place} is missing, or not a text`, place);
  return value;
}

function refuse(message: string, fhirPath: string): never {
  throw new GatewayError('bad-request', message, { fhirPath });
}
