/** How consumers reach the gateway: over mutual TLS, through a terminator in front of it, or from this machine only. */
import { isIP } from 'node:net';

/** PEM text, or the file it is read from again whenever that changes. */
export type PemSource = { readonly file: string } | { readonly text: string };

export interface TlsSettings {
  /** The gateway's certificate, then those between it and its root. */
  readonly certificate: PemSource;
  readonly key: PemSource;
  /** Who may have issued the certificates of those who connect. */
  readonly clientCa: PemSource;
  /** Revocation lists, PEM or DER; one for each issuer in a client's chain. */
  readonly crl: PemSource | undefined;
  readonly suites: keyof typeof SUITES;
}

export type Transport =
  | { readonly mode: 'insecure-loopback' }
  | { readonly mode: 'mutual-tls'; readonly tls: TlsSettings; readonly clientNames: readonly string[] }
  | {
      readonly mode: 'behind-terminator';
      /** IP addresses and networks from which the terminator connects. */
      readonly peers: readonly string[];
      /** In which it says whose certificate the consumer has shown. */
      readonly clientNameHeader: string;
      readonly clientNames: readonly string[];
      /** How the terminator itself connects; plain HTTP when absent. */
      readonly tls: TlsSettings | undefined;
      /** Names of the terminator's own certificate; only with `tls`. */
      readonly peerNames: readonly string[];
    };

/** Forward secrecy and authenticated encryption; ECDHE goes first because it is the cheaper exchange. */
const AEAD = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'DHE-RSA-AES128-GCM-SHA256',
  'DHE-RSA-AES256-GCM-SHA384',
];

/** What the specification's acceptance testing connects with too; never chosen while both sides know a better one. */
const CBC = [
  'ECDHE-ECDSA-AES256-SHA384',
  'ECDHE-RSA-AES256-SHA384',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'DHE-RSA-AES256-SHA256',
  'DHE-RSA-AES256-SHA',
];

/** TLS 1.3's own suites, which OpenSSL keeps in the same list for Node. */
const TLS13 = ['TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256'];

/** Cipher suites, most preferred first: `docs/decisions/0009-who-may-connect-and-who-may-ask.md` says why CBC is among them. */
export const SUITES = {
  'gp-connect': [...TLS13, ...AEAD, ...CBC],
  'aead-only': [...TLS13, ...AEAD],
} as const;

export function isLoopback(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '').replace(/^::ffff:/i, '');
  if (isIP(address) === 4) return address.startsWith('127.');
  return address === '::1' || address === 'localhost';
}

export class BindingRefused extends Error {
  override readonly name = 'BindingRefused';
  readonly code = 'ERR_HOST_NOT_LOOPBACK';
}

/** Without protection of its own the gateway is reached from this machine and from nowhere else. */
export function checkBinding(transport: Transport, host: string): void {
  if (transport.mode !== 'insecure-loopback' || isLoopback(host)) return;
  throw new BindingRefused(
    `with transport mode insecure-loopback the gateway listens on a loopback address only, not on ${host}: ` +
      'set `transport` in the practices file, or use --host 127.0.0.1',
  );
}
