/** How operators reach the gateway: a port of its own, apart from every consumer's. */
import type { TlsSettings, Transport } from '../access/transport.js';

export interface OperatorSettings {
  /** A loopback address, unless there is `tls`. */
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Who may look after attempts, each with a secret of their own. */
  readonly operators: readonly { readonly name: string; readonly token: string }[];
  /** Mutual TLS with an authority of its own; without `operators` the certificate's name says who it is. */
  readonly tls: TlsSettings | undefined;
  readonly clientNames: readonly string[];
}

export function toOperatorTransport({ tls, clientNames }: OperatorSettings): Transport {
  return tls ? { mode: 'mutual-tls', tls, clientNames } : { mode: 'insecure-loopback' };
}
