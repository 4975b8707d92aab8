/** What an operator says about the Personal Demographics Service: where it is and how we prove who we are. */
import { createPrivateKey } from 'node:crypto';
import { z, type ZodType } from 'zod';

export type PdsAuthentication =
  | { readonly kind: 'none' }
  | { readonly kind: 'api-key'; readonly key: string }
  | {
      readonly kind: 'signed-jwt';
      /** The application's API key: issuer and subject of the assertion. */
      readonly apiKey: string;
      /** Key id under which the public key is published, for example `live-1`. */
      readonly keyId: string;
      /** RSA private key in PEM form. */
      readonly privateKey: string;
      readonly tokenUrl: string;
    };

export interface PdsSettings {
  /** Root of the FHIR API, for example `https://api.service.nhs.uk/personal-demographics/FHIR/R4`. */
  readonly baseUrl: string;
  readonly authentication: PdsAuthentication;
  readonly allowHttp: boolean;
  readonly timeoutMs: number;
}

function isRsaPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}

/** Whether an address may be called at all, and over plain http, is checked by `config` for every key ending in `Url`. */
const address = z.url({ protocol: /^https?$/, error: 'must be a whole address' });

/** Schema of the demographics part of the practices file. `secret` reads a credential from where the file points. */
export function pdsSettings(secret: ZodType<string>): ZodType<PdsSettings> {
  const authentication = z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('none') }),
    z.strictObject({ kind: z.literal('api-key'), key: secret }),
    z.strictObject({
      kind: z.literal('signed-jwt'),
      apiKey: secret,
      keyId: z.string().min(1).max(100),
      privateKey: secret.refine(isRsaPrivateKey, { error: 'must be an RSA private key in PEM form' }),
      tokenUrl: address,
    }),
  ]);
  return z.strictObject({
    baseUrl: address,
    authentication: authentication.default({ kind: 'none' }),
    allowHttp: z.boolean().default(false),
    timeoutMs: z.int().min(100).max(10_000).default(2_500),
  });
}
