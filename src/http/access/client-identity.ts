/**
 * Whose certificate a request comes with. In the process that is the certificate of the TLS connection; behind a
 * terminator it is what a configured peer says in the configured header, and nobody else's word.
 */
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { GatewayError } from '../../domain/errors.js';
import type { Transport } from './transport.js';

export interface ClientIdentification {
  /** Whether a connection from this address is taken at all. */
  acceptsAddress(socket: Socket): boolean;
  /** Whether the certificate, whose chain has been proven, bears a name that may connect. */
  acceptsCertificate(socket: TLSSocket): boolean;
  /**
   * Allowed names of the consumer's certificate; `undefined` where nobody shows one. Throws `access-denied` when
   * the terminator names nobody who may connect.
   */
  namesOf(request: IncomingMessage): readonly string[] | undefined;
}

function listOf(peers: readonly string[]): BlockList {
  const list = new BlockList();
  for (const peer of peers) {
    const [address = '', prefix] = peer.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return list;
}

/** A socket that listens on all families reports IPv4 peers in IPv6 clothes. */
function isListed(list: BlockList, address: string | undefined): boolean {
  const plain = address?.replace(/^::ffff:(?=[0-9.]+$)/i, '') ?? '';
  const version = isIP(plain);
  return version !== 0 && list.check(plain, version === 6 ? 'ipv6' : 'ipv4');
}

/** Certificates name a server by SAN or, as older ones of the NHS do, by CN only; a wildcard never counts. */
function namesOn(socket: TLSSocket, wanted: readonly string[]): string[] {
  const certificate = socket.getPeerX509Certificate();
  const options = { subject: 'always', wildcards: false, partialWildcards: false } as const;
  return wanted.filter((name) => certificate?.checkHost(name, options) !== undefined);
}

export function createClientIdentification(transport: Transport): ClientIdentification {
  const names = new WeakMap<object, readonly string[]>();
  if (transport.mode === 'insecure-loopback') {
    return { acceptsAddress: () => true, acceptsCertificate: () => true, namesOf: () => undefined };
  }
  if (transport.mode === 'mutual-tls') {
    return {
      acceptsAddress: () => true,
      acceptsCertificate(socket) {
        const borne = namesOn(socket, transport.clientNames);
        names.set(socket, borne);
        return borne.length > 0;
      },
      namesOf: ({ socket }) => names.get(socket) ?? [],
    };
  }
  const peers = listOf(transport.peers);
  const header = transport.clientNameHeader.toLowerCase();
  const allowed = new Set(transport.clientNames);
  return {
    acceptsAddress: ({ remoteAddress }) => isListed(peers, remoteAddress),
    acceptsCertificate: (socket) => namesOn(socket, transport.peerNames).length > 0,
    namesOf({ headers }) {
      // Two such headers are joined by a comma, and so are a name that nobody bears.
      const name = String(headers[header] ?? '').toLowerCase();
      if (allowed.has(name)) return [name];
      throw new GatewayError('access-denied', 'The certificate that the consumer has shown may not be used here');
    },
  };
}
