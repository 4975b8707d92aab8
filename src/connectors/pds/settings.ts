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

/** Names and addresses that cannot be somebody else's machine on the internet. */
const PRIVATE_HOST =
  /^(localhost|[a-z0-9-]+\.localhost|[a-z][a-z0-9-]*|127\.\d+\.\d+\.\d+|10\.\d+\.\d+\.\d+|192\.168\.\d+\.\d+|172\.(1[6-9]|2\d|3[01])\.\d+\.\d+|\[::1\])$/;

function isPlainUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  return /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
}

function isSafeUrl(text: string, allowHttp: boolean): boolean {
  const url = new URL(text);
  return url.protocol === 'https:' || (allowHttp && PRIVATE_HOST.test(url.hostname));
}

function isRsaPrivateKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}

const address = z.string().refine(isPlainUrl, {
  error: 'must be an http(s) address without user name, query or fragment',
});
const HTTP_REFUSED = 'must be https; plain http needs allowHttp: true and a host on this machine or a private network';

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
  return z
    .strictObject({
      baseUrl: address,
      authentication: authentication.default({ kind: 'none' }),
      allowHttp: z.boolean().default(false),
      timeoutMs: z.int().min(100).max(10_000).default(2_500),
    })
    .superRefine((settings, context) => {
      const addresses = [{ path: ['baseUrl'], text: settings.baseUrl }];
      if (settings.authentication.kind === 'signed-jwt') {
        addresses.push({ path: ['authentication', 'tokenUrl'], text: settings.authentication.tokenUrl });
      }
      for (const { path, text } of addresses) {
        if (isPlainUrl(text) && !isSafeUrl(text, settings.allowHttp)) {
          context.addIssue({ code: 'custom', path, message: HTTP_REFUSED });
        }
      }
    });
}
