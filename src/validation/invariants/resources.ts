/** Constraints of resource types in code. */
import {
  all,
  areDistinct,
  count,
  has,
  hasChoice,
  isOneOf,
  one,
  type InvariantCheck,
  type NativeChecks,
} from './values.js';

const hasAny =
  (...names: readonly string[]): InvariantCheck =>
  (value) =>
    names.some((name) => has(value, name));

const startAndEnd = (value: unknown): boolean => has(value, 'start') && has(value, 'end');

const startWithEnd: InvariantCheck = (value) => has(value, 'start') === has(value, 'end');

const entries = (bundle: unknown): readonly unknown[] => all(bundle, 'entry');

/** Parts of entries that only Bundles of these types may have. */
const entriesOnlyIn =
  (name: string, ...types: readonly string[]): InvariantCheck =>
  (value) =>
    isOneOf(value, 'type', ...types) || !entries(value).some((entry) => has(entry, name));

/** Parts that every entry of these types has, and none of another. */
const entriesExactlyIn =
  (name: string, ...types: readonly string[]): InvariantCheck =>
  (value) => {
    // Without a type nobody can say what its entries are to have.
    if (!has(value, 'type')) return entries(value).length === 0;
    const wanted = isOneOf(value, 'type', ...types);
    return entries(value).every((entry) => has(entry, name) === wanted);
  };

/** Without regard to versions nobody can tell two resources of one address apart. */
const addressesDiffer = (bundle: unknown): boolean => {
  const addresses = entries(bundle)
    .filter((entry) => has(entry, 'fullUrl'))
    .map((entry) => {
      const [url, version] = [one(entry, 'fullUrl'), one(one(one(entry, 'resource'), 'meta'), 'versionId')];
      return `${typeof url === 'string' ? url : ''}${typeof version === 'string' ? version : ''}`;
    });
  return areDistinct(addresses);
};

const unversionedAddress: InvariantCheck = (value) => {
  const url = one(value, 'fullUrl');
  return typeof url !== 'string' || !url.includes('/_history/');
};

const firstEntryIs =
  (type: string, resource: string): InvariantCheck =>
  (value) =>
    !isOneOf(value, 'type', type) || isOneOf(one(entries(value)[0], 'resource'), 'resourceType', resource);

const documentIdentified: InvariantCheck = (value) => {
  const identifier = one(value, 'identifier');
  return !isOneOf(value, 'type', 'document') || (has(identifier, 'system') && has(identifier, 'value'));
};

const notOfHome: InvariantCheck = (value) => !isOneOf(value, 'use', 'home');

const distinct =
  (list: string, name: string): InvariantCheck =>
  (value) =>
    areDistinct(
      all(value, list)
        .filter((item) => has(item, name))
        .map((item) => JSON.stringify([one(item, name), one(item, `_${name}`)])),
    );

/** `kind != 'x'`: an absent kind is not unequal, it is unknown, and what is unknown does not hold. */
const isOtherThan = (value: unknown, name: string, code: string): boolean =>
  has(value, name) && one(value, name) !== code;

export const RESOURCE_CHECKS: NativeChecks = {
  'app-1|type.exists() or actor.exists()': hasAny('type', 'actor'),
  'app-2|start.empty() xor end.exists()': startWithEnd,
  'app-2|start.exists() = end.exists()': startWithEnd,
  "app-3|(start.exists() and end.exists()) or (status in ('proposed' | 'cancelled'))": (value) =>
    startAndEnd(value) || isOneOf(value, 'status', 'proposed', 'cancelled'),
  "app-3|(start.exists() and end.exists()) or (status in ('proposed' | 'cancelled' | 'waitlist'))": (value) =>
    startAndEnd(value) || isOneOf(value, 'status', 'proposed', 'cancelled', 'waitlist'),
  "app-4|Appointment.cancelationReason.exists() implies (Appointment.status='noshow' or Appointment.status='cancelled')":
    (value) => !has(value, 'cancelationReason') || isOneOf(value, 'status', 'noshow', 'cancelled'),
  'pat-1|name.exists() or telecom.exists() or address.exists() or organization.exists()': hasAny(
    'name',
    'telecom',
    'address',
    'organization',
  ),
  'org-1|(identifier.count() + name.count()) > 0': hasAny('identifier', 'name'),
  "org-2|where(use = 'home').empty()": notOfHome,
  "org-3|where(use = 'home').empty()": notOfHome,
  'inv-1|(part.exists() and value.empty() and resource.empty()) or (part.empty() and (value.exists() xor resource.exists()))':
    (value) => Number(has(value, 'part')) + Number(hasChoice(value, 'value')) + Number(has(value, 'resource')) === 1,
  "bdl-1|total.empty() or (type = 'searchset') or (type = 'history')": (value) =>
    !has(value, 'total') || isOneOf(value, 'type', 'searchset', 'history'),
  "bdl-2|entry.search.empty() or (type = 'searchset')": entriesOnlyIn('search', 'searchset'),
  "bdl-3|entry.request.empty() or type = 'batch' or type = 'transaction' or type = 'history'": entriesOnlyIn(
    'request',
    'batch',
    'transaction',
    'history',
  ),
  "bdl-3|entry.all(request.exists() = (%resource.type = 'batch' or %resource.type = 'transaction' or %resource.type = 'history'))":
    entriesExactlyIn('request', 'batch', 'transaction', 'history'),
  "bdl-4|entry.response.empty() or type = 'batch-response' or type = 'transaction-response'": entriesOnlyIn(
    'response',
    'batch-response',
    'transaction-response',
  ),
  "bdl-4|entry.all(response.exists() = (%resource.type = 'batch-response' or %resource.type = 'transaction-response' or %resource.type = 'history'))":
    entriesExactlyIn('response', 'batch-response', 'transaction-response', 'history'),
  'bdl-5|resource.exists() or request.exists() or response.exists()': hasAny('resource', 'request', 'response'),
  'bdl-7|entry.where(fullUrl).select(fullUrl&resource.meta.versionId).isDistinct()': addressesDiffer,
  "bdl-7|(type = 'history') or entry.where(fullUrl.exists()).select(fullUrl&resource.meta.versionId).isDistinct()": (
    value,
  ) => isOneOf(value, 'type', 'history') || addressesDiffer(value),
  "bdl-8|fullUrl.contains('/_history/').not()": unversionedAddress,
  "bdl-8|fullUrl.exists() implies fullUrl.contains('/_history/').not()": unversionedAddress,
  "bdl-9|type = 'document' implies (identifier.system.exists() and identifier.value.exists())": documentIdentified,
  "bdl-10|type = 'document' implies (timestamp.hasValue())": (value) =>
    !isOneOf(value, 'type', 'document') || typeof one(value, 'timestamp') === 'string',
  "bdl-11|type = 'document' implies entry.first().resource.is(Composition)": firstEntryIs('document', 'Composition'),
  "bdl-12|type = 'message' implies entry.first().resource.is(MessageHeader)": firstEntryIs('message', 'MessageHeader'),
  'cpb-1|rest.exists() or messaging.exists() or document.exists()': hasAny('rest', 'messaging', 'document'),
  'cpb-2|(description.count() + software.count() + implementation.count()) > 0': (value) =>
    count(value, 'description') + count(value, 'software') + count(value, 'implementation') > 0,
  "cpb-3|messaging.endpoint.empty() or kind = 'instance'": (value) =>
    isOneOf(value, 'kind', 'instance') || !all(value, 'messaging').some((item) => has(item, 'endpoint')),
  'cpb-8|rest.select(mode).isDistinct()': distinct('rest', 'mode'),
  'cpb-9|resource.select(type).isDistinct()': distinct('resource', 'type'),
  'cpb-12|searchParam.select(name).isDistinct()': distinct('searchParam', 'name'),
  "cpb-14|(software.empty() and implementation.empty()) or kind != 'requirements'": (value) =>
    (!has(value, 'software') && !has(value, 'implementation')) || isOtherThan(value, 'kind', 'requirements'),
  "cpb-14|(kind != 'instance') or implementation.exists()": (value) =>
    isOtherThan(value, 'kind', 'instance') || has(value, 'implementation'),
  "cpb-15|implementation.empty() or kind != 'capability'": (value) =>
    !has(value, 'implementation') || isOtherThan(value, 'kind', 'capability'),
  "cpb-15|(kind != 'capability') or (implementation.exists().not() and software.exists())": (value) =>
    isOtherThan(value, 'kind', 'capability') || (!has(value, 'implementation') && has(value, 'software')),
  "cpb-16|(kind!='requirements') or (implementation.exists().not() and software.exists().not())": (value) =>
    isOtherThan(value, 'kind', 'requirements') || (!has(value, 'implementation') && !has(value, 'software')),
  'cpb-16|supportedMessage.empty() != event.empty()': (value) => has(value, 'supportedMessage') !== has(value, 'event'),
};
