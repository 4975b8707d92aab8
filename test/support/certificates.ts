/** Certificates made at test time: an authority, what it issues, and its revocation list. */
import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  hash: 'SHA-256',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
} as const;
const DAY_MS = 86_400_000;

export interface Issued {
  readonly certificate: string;
  readonly key: string;
  readonly serialNumber: string;
}

export interface IssueOptions {
  readonly commonName?: string;
  readonly dnsNames?: readonly string[];
  /** Days from now; negative ones are past. */
  readonly from?: number;
  readonly until?: number;
  readonly kind?: 'ec' | 'rsa';
}

export interface Authority {
  readonly certificate: string;
  issue(options: IssueOptions): Promise<Issued>;
  /** Names the serial numbers given; valid for a day from now, or as said. */
  revocations(serialNumbers: readonly string[], until?: number): Promise<{ pem: string; der: Buffer }>;
}

const day = (offset: number): Date => new Date(Date.now() + offset * DAY_MS);

function pemOf(label: string, der: Buffer): string {
  return `-----BEGIN ${label}-----\n${der.toString('base64').replace(/(.{64})(?=.)/g, '$1\n')}\n-----END ${label}-----\n`;
}

async function privateKeyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return pemOf('PRIVATE KEY', der);
}

let count = 0;
const nextSerial = (): string => (0x1000 + (count += 1)).toString(16);

export async function createAuthority(name: string): Promise<Authority> {
  const keys = await webcrypto.subtle.generateKey(EC, true, ['sign', 'verify']);
  const own = await x509.X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    serialNumber: nextSerial(),
    notBefore: day(-2),
    notAfter: day(30),
    keys,
    signingAlgorithm: EC,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return {
    certificate: `${own.toString('pem')}\n`,
    async issue({ commonName, dnsNames = [], from = -1, until = 10, kind = 'ec' }) {
      const pair = await webcrypto.subtle.generateKey(kind === 'ec' ? EC : RSA, true, ['sign', 'verify']);
      const serialNumber = nextSerial();
      const certificate = await x509.X509CertificateGenerator.create({
        subject: `CN=${commonName ?? 'unnamed'}`,
        issuer: own.subject,
        serialNumber,
        notBefore: day(from),
        notAfter: day(until),
        publicKey: pair.publicKey,
        signingKey: keys.privateKey,
        signingAlgorithm: EC,
        extensions: [
          new x509.BasicConstraintsExtension(false, undefined, true),
          ...(dnsNames.length > 0
            ? [new x509.SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: 'dns' as const, value })))]
            : []),
        ],
      });
      return {
        certificate: `${certificate.toString('pem')}\n`,
        key: await privateKeyPem(pair.privateKey),
        serialNumber,
      };
    },
    async revocations(serialNumbers, until = 1) {
      const list = await x509.X509CrlGenerator.create({
        issuer: own.subject,
        thisUpdate: day(-1),
        nextUpdate: day(until),
        signingAlgorithm: EC,
        signingKey: keys.privateKey,
        entries: serialNumbers.map((serialNumber) => ({ serialNumber, revocationDate: day(-1) })),
      });
      const der = Buffer.from(list.rawData);
      return { pem: pemOf('X509 CRL', der), der };
    },
  };
}
