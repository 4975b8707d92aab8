/**
 * Constraints which the text of a definition says badly, or which ask what one resource can't show: evaluated word for
 * word they would be empty, and refuse what FHIR means to allow.
 */
import { isDeepStrictEqual } from 'node:util';
import { compareTimes } from './times.js';
import {
  all,
  has,
  hasChoice,
  isJson,
  isOneOf,
  one,
  type InvariantCheck,
  type Json,
  type NativeChecks,
} from './values.js';

/** `later >= earlier`; open, and so not broken, where precision or time zone leave it open. */
const inOrder =
  (earlier: string, later: string): InvariantCheck =>
  (value) => {
    const [first, second] = [one(value, earlier), one(value, later)];
    if (typeof first !== 'string' || typeof second !== 'string') return true;
    const order = compareTimes(first, second);
    return order === undefined || order <= 0;
  };

const probabilityWithinHundred: InvariantCheck = (value) => {
  const probability = one(value, 'probabilityDecimal');
  return typeof probability !== 'number' || probability <= 100;
};

/** A value of `*`, or of at least one; the element may be absent. */
const allowsOne: InvariantCheck = (value) => {
  const max = one(value, 'max');
  return typeof max !== 'string' || max === '*' || Number(max) > 0;
};

const searchTypeOfString: InvariantCheck = (value) => !has(value, 'searchType') || isOneOf(value, 'type', 'string');

const URI_STARTS = ['http:', 'https', 'urn:'];

const startsAsUri = (uri: unknown): boolean =>
  typeof uri !== 'string' || URI_STARTS.some((start) => uri.startsWith(start));

/** STU3 compares one code with all codes at once: only a single component can be equal to it. */
const codeDiffersFromComponent: InvariantCheck = (value) => {
  const [component, ...more] = all(value, 'component').filter((item) => has(item, 'code'));
  if (!hasChoice(value, 'value') || component === undefined || more.length > 0) return true;
  return !isDeepStrictEqual(one(value, 'code'), one(component, 'code'));
};

/** Type of what a reference leads to: of the contained resource, or as its address says it; undefined when it doesn't. */
function typeOf(reference: unknown, root: Json): string | undefined {
  const address = one(reference, 'reference');
  if (typeof address !== 'string') return undefined;
  if (address.startsWith('#')) {
    const found = all(root, 'contained').find((item) => one(item, 'id') === address.slice(1));
    const type = one(found, 'resourceType');
    return typeof type === 'string' ? type : undefined;
  }
  const parts = (address.split('/_history/')[0] ?? '').split('/');
  const type = parts.at(-2) ?? '';
  const first = type.charCodeAt(0);
  return parts.length > 1 && first >= 65 && first <= 90 ? type : undefined;
}

/** Only people (and devices) act on behalf of an organisation; a reference that does not tell what it leads to may be one. */
const actsOnBehalf =
  (name: string, ...types: readonly string[]): InvariantCheck =>
  (value, { root }) => {
    if (!has(value, 'onBehalfOf')) return true;
    const type = typeOf(one(value, name), root);
    return type === undefined || types.includes(type);
  };

export const OTHER_CHECKS: NativeChecks = {
  'inv-1|lastModified.exists().not() or authoredOn.exists().not() or lastModified >= authoredOn': inOrder(
    'authoredOn',
    'lastModified',
  ),
  'mdd-1|whenHandedOver.empty() or whenPrepared.empty() or whenHandedOver >= whenPrepared': inOrder(
    'whenPrepared',
    'whenHandedOver',
  ),
  'ras-2|probability is decimal implies probability.as(decimal) <= 100': probabilityWithinHundred,
  'ras-2|probability is decimal implies (probability as decimal) <= 100': probabilityWithinHundred,
  "md-1|max='*' or (max.toInteger() > 0)": allowsOne,
  "opd-2|searchType implies type = 'string'": searchTypeOfString,
  "opd-2|searchType.exists() implies type = 'string'": searchTypeOfString,
  'obs-7|value.empty() or code!=component.code': codeDiffersFromComponent,
  "que-7|operator = 'exists' implies (answer is Boolean)": (value) =>
    !isOneOf(value, 'operator', 'exists') || (isJson(value) && typeof value['answerBoolean'] === 'boolean'),
  "eld-12|valueSet.is(uri).not() or valueSet.as(uri).startsWith('http:') or valueSet.as(uri).startsWith('https') or valueSet.as(uri).startsWith('urn:')":
    (value) => startsAsUri(one(value, 'valueSetUri')),
  "eld-12|valueSet.exists() implies (valueSet.startsWith('http:') or valueSet.startsWith('https') or valueSet.startsWith('urn:'))":
    (value) => startsAsUri(one(value, 'valueSet')),
  'cmr-1|(agent.resolve() is Practitioner) or (agent.resolve() is Device) or onBehalfOf.exists().not()': actsOnBehalf(
    'agent',
    'Practitioner',
    'Device',
  ),
  'rfr-1|(agent.resolve() is Device) or (agent.resolve() is Practitioner) or onBehalfOf.exists().not()': actsOnBehalf(
    'agent',
    'Practitioner',
    'Device',
  ),
  'mps-1|(agent.resolve().empty()) or (agent.resolve() is Device) or (agent.resolve() is Practitioner) or onBehalfOf.exists().not()':
    actsOnBehalf('agent', 'Practitioner', 'Device'),
  'ctm-1|onBehalfOf.exists() implies (member.resolve() is Practitioner)': actsOnBehalf('member', 'Practitioner'),
  'ctm-1|onBehalfOf.exists() implies (member.resolve().iif(empty(), true, ofType(Practitioner).exists()))':
    actsOnBehalf('member', 'Practitioner'),
};
