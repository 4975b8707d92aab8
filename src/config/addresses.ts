/** Which addresses the gateway may be told to call. Only configuration names them; no request and no record does. */
import { BlockList, isIP } from 'node:net';

const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(network, prefix, 'ipv4');
}
PRIVATE.addAddress('::1', 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');

/** Unspecified, link-local (where clouds keep their metadata service), multicast. */
const FORBIDDEN = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['169.254.0.0', 16],
  ['224.0.0.0', 4],
] as const) {
  FORBIDDEN.addSubnet(network, prefix, 'ipv4');
}
FORBIDDEN.addAddress('::', 'ipv6');
FORBIDDEN.addSubnet('fe80::', 10, 'ipv6');
FORBIDDEN.addSubnet('ff00::', 8, 'ipv6');

/** `localhost`, and the names of neighbours: a name of one label is looked up in the local network. */
const PRIVATE_NAME = /^[a-z][a-z0-9-]*$/;

export function isPrivateHost(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const version = isIP(host);
  return version === 0 ? PRIVATE_NAME.test(host) : isListed(PRIVATE, host, version);
}

function isListed(list: BlockList, host: string, version: number): boolean {
  return list.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

const SECURE = new Set(['https:', 'wss:']);
const PLAIN = new Set(['http:', 'ws:']);

/** What is wrong with an address, or `undefined`. The message never repeats the address: it may carry a password. */
export function findAddressFault(address: string, allowHttp: boolean): string | undefined {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || !(SECURE.has(url.protocol) || PLAIN.has(url.protocol)) || url.hostname === '') {
    return 'must be a whole address, for example `https://hmis.example.nhs.uk`';
  }
  if (url.username !== '' || url.password !== '') {
    return 'must not carry a user name or password: use the settings meant for them';
  }
  if (url.search !== '' || url.hash !== '') return 'must end with its path: remove `?` or `#` and all behind it';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const version = isIP(host);
  if (version !== 0 && isListed(FORBIDDEN, host, version)) {
    return 'must not be an unspecified, link-local or multicast address';
  }
  if (SECURE.has(url.protocol)) return undefined;
  if (!isPrivateHost(url.hostname)) return 'must begin with `https:`: `http:` is only for loopback and private hosts';
  return allowHttp
    ? undefined
    : 'must begin with `https:`; for this private host, `allowHttp: true` beside it permits `http:`';
}
