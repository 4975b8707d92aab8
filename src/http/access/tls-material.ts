/** Reads what TLS needs from its files and says what is wrong with it, part by part. */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { constants } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { SUITES, type PemSource, type TlsSettings } from './transport.js';

export type TlsPart = 'certificate' | 'key' | 'clientCa' | 'crl';

/** `message` never holds a word of what a file contains. */
export interface TlsFault {
  readonly part: TlsPart;
  readonly message: string;
}

export interface TlsMaterial {
  readonly options: SecureContextOptions;
  /** When the revocation lists were last written to their file; `undefined` without such a file. */
  readonly revocationsWrittenAt: number | undefined;
}

type Read<T> = { readonly value: T } | { readonly fault: string };

const PARTS: readonly TlsPart[] = ['certificate', 'key', 'clientCa', 'crl'];

function readSource(source: PemSource): Read<Buffer> {
  if ('text' in source) return { value: Buffer.from(source.text) };
  try {
    return { value: readFileSync(source.file) };
  } catch {
    return { fault: `the file ${JSON.stringify(source.file)} cannot be read: check that it exists and may be read` };
  }
}

function blocks(text: string, label: string): readonly string[] {
  return text.match(new RegExp(`-----BEGIN ${label}-----[^-]*-----END ${label}-----`, 'g')) ?? [];
}

function readCertificates(source: PemSource): Read<readonly X509Certificate[]> {
  const read = readSource(source);
  if ('fault' in read) return read;
  try {
    const found = blocks(read.value.toString('latin1'), 'CERTIFICATE').map((pem) => new X509Certificate(pem));
    if (found.length > 0) return { value: found };
  } catch {
    // Told below: what the parser says may quote the file.
  }
  return { fault: 'holds no readable certificate: it must be PEM text (-----BEGIN CERTIFICATE-----)' };
}

function readKey(source: PemSource): Read<KeyObject> {
  const read = readSource(source);
  if ('fault' in read) return read;
  try {
    return { value: createPrivateKey(read.value) };
  } catch {
    return { fault: 'holds no readable private key: it must be PEM text without a pass phrase' };
  }
}

/** Issuers publish their lists as DER, operators like to keep them as PEM: both are read. */
function readRevocations(source: PemSource): Read<readonly string[]> {
  const read = readSource(source);
  if ('fault' in read) return read;
  const found = blocks(read.value.toString('latin1'), 'X509 CRL');
  const lines = (der: Buffer): string => der.toString('base64').replace(/(.{64})(?=.)/g, '$1\n');
  const lists = found.length > 0 ? found : [`-----BEGIN X509 CRL-----\n${lines(read.value)}\n-----END X509 CRL-----\n`];
  try {
    createSecureContext({ crl: [...lists] });
    return { value: lists };
  } catch {
    return { fault: 'holds no readable certificate revocation list: it must be PEM text, or one list as DER' };
  }
}

function validity(certificate: X509Certificate, now: number): 'expired' | 'not valid yet' | undefined {
  if (Date.parse(certificate.validTo) <= now) return 'expired';
  return Date.parse(certificate.validFrom) > now ? 'not valid yet' : undefined;
}

/** Every fault at once, or what a TLS server is made of. */
export function readTlsMaterial(
  settings: TlsSettings,
  now: number,
): { readonly material: TlsMaterial } | { readonly faults: readonly TlsFault[] } {
  const faults: TlsFault[] = [];
  const take = <T>(part: TlsPart, read: Read<T>): T | undefined => {
    if ('value' in read) return read.value;
    faults.push({ part, message: read.fault });
    return undefined;
  };
  const chain = take('certificate', readCertificates(settings.certificate));
  const key = take('key', readKey(settings.key));
  const authorities = take('clientCa', readCertificates(settings.clientCa));
  const crl = settings.crl && take('crl', readRevocations(settings.crl));

  const own = chain?.[0];
  const wrong = own && validity(own, now);
  if (own && wrong) {
    const until = new Date(wrong === 'expired' ? own.validTo : own.validFrom).toISOString();
    faults.push({ part: 'certificate', message: `is ${wrong} (${until}): replace it` });
  }
  if (own && key && !own.checkPrivateKey(key)) {
    faults.push({ part: 'key', message: 'does not fit the certificate: they must be made together' });
  }
  if (authorities && !authorities.some((authority) => authority.ca && validity(authority, now) === undefined)) {
    const message = 'holds no valid certificate of an authority, so nobody could ever connect: replace it';
    faults.push({ part: 'clientCa', message });
  }
  if (!chain || !key || !authorities || faults.length > 0) return { faults };

  const options: SecureContextOptions = {
    cert: chain.map(String).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }),
    ca: authorities.map(String),
    ...(crl && { crl: [...crl] }),
    // TLS 1.0, TLS 1.1 and SSL SHALL NOT be used.
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: SUITES[settings.suites].join(':'),
    // The order is the specification's, so ours counts and not the consumer's.
    honorCipherOrder: true,
    // Without it OpenSSL offers no DHE suite at all.
    dhparam: 'auto',
    // A resumed session would not be checked again: whoever was revoked meanwhile could still come in.
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
  try {
    createSecureContext(options);
  } catch {
    return { faults: [{ part: 'certificate', message: 'is refused by OpenSSL: its key or signature is too weak' }] };
  }
  return { material: { options, revocationsWrittenAt: crl && writtenAt(settings.crl) } };
}

function writtenAt(source: PemSource | undefined): number | undefined {
  return source && 'file' in source ? statSync(source.file).mtimeMs : undefined;
}

/** Changes whenever one of the files does; it follows links, as mounted secrets are swapped by a link. */
export function fingerprintOf(settings: TlsSettings): string {
  return PARTS.map((part) => {
    const source = settings[part];
    if (!source || 'text' in source) return '';
    try {
      const { mtimeMs, size, ino } = statSync(source.file);
      return `${mtimeMs}/${size}/${ino}`;
    } catch {
      return 'gone';
    }
  }).join(' ');
}
