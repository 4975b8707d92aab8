/** What an address means: below whose service root it lies, which methods are served there, and why none is. */
import { GatewayError } from '../domain/errors.js';
import { GROUP_INTERACTIONS, PRACTICE_INTERACTIONS } from './interactions.js';

/** Letters, digits and `-._~`, which need no encoding anywhere, and the dollar sign, which begins an operation. */
const NEEDLESSLY_ENCODED = /%(?:2[4DE]|3\d|[46][1-9A-F]|[57][\dA]|5F|7E)/gi;

/** One way to write each path: some consumers, and what stands between, encode what need not be encoded. */
export function plainUrl(url: string): string {
  const at = url.indexOf('?');
  const path = at < 0 ? url : url.slice(0, at);
  return path.replace(NEEDLESSLY_ENCODED, decodeURIComponent) + (at < 0 ? '' : url.slice(at));
}

/** A plus sign is itself, as RFC 3986 has it: the one of an offset or of a media type, and no blank of an HTML form. */
export function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1).replaceAll('+', '%2B'));
}

export interface Address {
  /** The path below the service root, whosever it is; empty outside of all roots. */
  readonly path: string;
  readonly methods: readonly string[];
}

export function addressOf(url: string, facePath: string): Address {
  const [whole = ''] = url.split('?', 1);
  const [, federation, path = ''] = new RegExp(`^(/federation)?/[^/]+/${facePath}(/.*)$`).exec(whole) ?? [];
  const table = federation === undefined ? PRACTICE_INTERACTIONS : GROUP_INTERACTIONS;
  return { path, methods: [...new Set(table.filter((row) => matches(row.path, path)).map((row) => row.method))] };
}

/** An operation, which begins with a dollar sign, is not an id. */
function matches(pattern: string, path: string): boolean {
  const [wanted, given] = [pattern.split('/'), path.split('/')];
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => (part === ':id' ? /^[^$]/.test(given[index] ?? '') : part === given[index]))
  );
}

/** Why no interaction takes this request: wrong verb, something of FHIR that is not served here, or no such path. */
export function unserved(method: string, { path, methods }: Address): GatewayError {
  // Contradiction 13: another verb is 400 in the text and 405 in the table of statuses. The text wins.
  if (methods.length > 0) {
    return new GatewayError('bad-request', `${method} is not allowed here. Use ${methods.join(' or ')}`);
  }
  // A type without its id, or an address with a slash too many: nothing that could ever be implemented here.
  if (path.endsWith('/')) {
    return new GatewayError('unknown-endpoint', 'Nothing is served at an address that ends with a slash');
  }
  // Contradiction 12: general guidance still speaks of deletion, of reading a Slot or a Schedule and of chained parameters;
  // no interaction has them. What has an address of its own is not implemented, the rest is an unknown parameter.
  if (/^\/([A-Z][A-Za-z]{2,40}|\$[a-z])/.test(path)) {
    return new GatewayError(
      'not-implemented',
      'This resource, operation or interaction is not implemented here. See /metadata',
    );
  }
  return new GatewayError('unknown-endpoint', 'Nothing is served at this address. See /metadata for what is');
}
