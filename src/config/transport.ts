/** The `transport` part: its shape, and whether its files can be used as they are now. */
import { BlockList, isIP } from 'node:net';
import { z, type ZodType } from 'zod';
import { readTlsMaterial } from '../http/access/tls-material.js';
import type { PemSource, TlsSettings, Transport } from '../http/access/transport.js';
import { isPrivateHost } from './addresses.js';
import { envReference, type References } from './references.js';

export const dnsName = z
  .string()
  .regex(
    /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)+$/,
    'must be a whole DNS name without wildcard, for example `msg.example.nhs.uk`',
  )
  .transform((name) => name.toLowerCase());

/** Headers that consumers or proxies send for reasons of their own. */
const TAKEN =
  /^(?:ssp-.*|authorization|host|accept.*|content-.*|connection|cookie|forwarded|x-forwarded-.*|via|if-.*)$/i;

const headerName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, 'must be the name of a header: letters, digits and `-`')
  .refine((name) => !TAKEN.test(name), 'is a header that consumers send themselves: take one that only you set');

/** Of less than this many bits a network is half the world. */
const WIDEST = 8;

function parsePeer(peer: string): { readonly address: string; readonly prefix: number } | undefined {
  const [address = '', prefix, more] = peer.split('/');
  const version = isIP(address);
  if (version === 0 || more !== undefined) return undefined;
  const bits = version === 6 ? 128 : 32;
  if (prefix === undefined) return { address, prefix: bits };
  const length = /^\d{1,3}$/.test(prefix) ? Number(prefix) : NaN;
  if (!(length >= WIDEST && length <= bits)) return undefined;
  new BlockList().addSubnet(address, length, version === 6 ? 'ipv6' : 'ipv4');
  return { address, prefix: length };
}

const peer = z
  .string()
  .refine(
    (given) => parsePeer(given) !== undefined,
    'must be an IP address or a network of at least 8 bits, for example `10.0.0.7` or `10.0.0.0/24`',
  );

/** Everything in it is private: a network that holds a private address could still reach beyond. */
function isPrivatePeer(given: string): boolean {
  const parsed = parsePeer(given);
  // What is no address at all has been told already.
  if (parsed === undefined) return true;
  if (!isPrivateHost(parsed.address)) return false;
  const narrowest = parsed.address.startsWith('172.') ? 12 : parsed.address.startsWith('192.') ? 16 : WIDEST;
  return parsed.prefix >= narrowest;
}

function pemSource({ readEnv, resolvePath }: References): ZodType<PemSource> {
  return z
    .union([envReference, z.strictObject({ file: z.string().min(1) })], {
      error: ({ input }) =>
        input === undefined ? undefined : 'is named in exactly one way: write `{ file: PATH }` or `{ env: NAME }`',
    })
    .transform((reference, context): PemSource => {
      if ('file' in reference) return { file: resolvePath(reference.file) };
      const read = readEnv(reference.env);
      if ('text' in read) return { text: read.text };
      context.addIssue(read.problem);
      return z.NEVER;
    });
}

export function tlsSchema(references: References) {
  const pem = pemSource(references);
  return z
    .strictObject({
      certificate: pem,
      key: pem,
      clientCa: pem,
      crl: pem.optional(),
      suites: z.enum(['gp-connect', 'aead-only']).default('gp-connect'),
    })
    .superRefine(({ crl, ...given }, context) => {
      const settings: TlsSettings = { ...given, crl };
      const read = readTlsMaterial(settings, Date.now());
      if (!('faults' in read)) return;
      for (const { part, message } of read.faults) context.addIssue({ code: 'custom', path: [part], message });
    });
}

export function transportSchema(references: References) {
  const tls = tlsSchema(references);
  const clientNames = z.array(dnsName).min(1);
  return z.discriminatedUnion('mode', [
    z.strictObject({ mode: z.literal('insecure-loopback') }),
    z.strictObject({ mode: z.literal('mutual-tls'), tls, clientNames }),
    z
      .strictObject({
        mode: z.literal('behind-terminator'),
        peers: z.array(peer).min(1),
        clientNameHeader: headerName,
        clientNames,
        tls: tls.optional(),
        peerNames: z.array(dnsName).min(1).optional(),
      })
      .superRefine((given, context) => {
        if (given.tls === undefined) {
          given.peers.forEach((one, index) => {
            if (isPrivatePeer(one)) return;
            const message = 'is neither loopback nor private: across other networks the terminator needs `tls`';
            context.addIssue({ code: 'custom', path: ['peers', index], message });
          });
        }
        if ((given.tls === undefined) === (given.peerNames === undefined)) return;
        const message =
          given.tls === undefined
            ? 'is of use with `tls` only: add that, or remove this'
            : 'is missing: say which names the certificate of the terminator bears';
        context.addIssue({ code: 'custom', path: ['peerNames'], message });
      }),
  ]);
}

export function toTransport(written: z.output<ReturnType<typeof transportSchema>> | undefined): Transport {
  if (written === undefined || written.mode === 'insecure-loopback') return { mode: 'insecure-loopback' };
  const settle = ({ crl, ...rest }: NonNullable<typeof written.tls>): TlsSettings => ({ ...rest, crl });
  if (written.mode === 'mutual-tls') return { ...written, tls: settle(written.tls) };
  const { tls, peerNames = [], ...rest } = written;
  return { ...rest, peerNames, tls: tls && settle(tls) };
}
