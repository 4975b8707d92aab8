/**
 * How the gateway proves who it is to the NHS API platform: an API key in a header, or (application-restricted
 * access) an access token got for a signed assertion.
 * https://digital.nhs.uk/developer/guides-and-documentation/security-and-authorisation/application-restricted-restful-apis-signed-jwt-authentication
 */
import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { request, type Dispatcher } from 'undici';
import { z } from 'zod';
import { withinTime, type Runtime } from '../../ports/runtime.js';
import { errorNumberOf, PdsFault } from './fault.js';
import type { PdsAuthentication } from './settings.js';
import { unlessAborted } from './deadline.js';

export interface PdsCredentials {
  /** Headers to send with a request. Waits for a token at most until `signal` aborts. */
  headers(signal: AbortSignal): Promise<Record<string, string>>;
  /** The register did not accept what `headers` gave: don't give it again. */
  refused(): void;
}

type SignedJwt = Extract<PdsAuthentication, { kind: 'signed-jwt' }>;

interface Token {
  readonly text: string;
  /** Monotonic times. */
  readonly renewAt: number;
  readonly expiresAt: number;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const ASSERTION_SECONDS = 300;
const RENEW_AT_SHARE = 0.8;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

const tokenAnswer = z.object({
  access_token: z.string().regex(/^[\x21-\x7e]{1,8192}$/),
  // The platform writes this number as text.
  expires_in: z.coerce.number().int().min(1).max(86_400),
});

export interface CredentialsInput {
  readonly authentication: PdsAuthentication;
  readonly dispatcher: Dispatcher;
  readonly runtime: Runtime;
  readonly timeoutMs: number;
}

export function createCredentials(input: CredentialsInput): PdsCredentials {
  const { authentication } = input;
  switch (authentication.kind) {
    case 'none':
      return { headers: () => Promise.resolve({}), refused: () => undefined };
    case 'api-key':
      return { headers: () => Promise.resolve({ apikey: authentication.key }), refused: () => undefined };
    case 'signed-jwt':
      return createTokenCredentials(authentication, input);
  }
}

function createTokenCredentials(authentication: SignedJwt, input: CredentialsInput): PdsCredentials {
  const { clock } = input.runtime;
  const fetchToken = createTokenRequest(authentication, input);
  let token: Token | undefined;
  let refresh: Promise<string> | undefined;
  let failures = 0;
  let pauseUntil = -Infinity;

  const refreshNow = async (): Promise<string> => {
    try {
      const fresh = await fetchToken();
      token = fresh;
      failures = 0;
      return fresh.text;
    } catch (error) {
      pauseUntil = clock.monotonic() + Math.min(FIRST_PAUSE_MS * 2 ** failures, LONGEST_PAUSE_MS);
      failures += 1;
      // Between renewal and end of life the old token still serves.
      if (token && clock.monotonic() < token.expiresAt) return token.text;
      throw error;
    } finally {
      refresh = undefined;
    }
  };

  const current = (): Promise<string> => {
    const now = clock.monotonic();
    if (token && now < token.renewAt) return Promise.resolve(token.text);
    if (refresh) return refresh;
    if (now < pauseUntil) {
      if (token && now < token.expiresAt) return Promise.resolve(token.text);
      return Promise.reject(new PdsFault('refused', 'token: waiting after a failure'));
    }
    refresh = refreshNow();
    return refresh;
  };

  return {
    // One caller's deadline must not end the refresh that the others wait for.
    headers: async (signal) => ({ authorization: `Bearer ${await unlessAborted(current(), signal)}` }),
    refused() {
      token = undefined;
    },
  };
}

function createTokenRequest(authentication: SignedJwt, input: CredentialsInput): () => Promise<Token> {
  const { apiKey, keyId, tokenUrl } = authentication;
  const { clock, ids, timers } = input.runtime;
  const privateKey = createPrivateKey(authentication.privateKey);

  // MUST: RS512; `iss` and `sub` the API key, `aud` the token address, `exp` at most five minutes ahead, `jti` unique.
  const assertion = (): Promise<string> =>
    new SignJWT({})
      .setProtectedHeader({ alg: 'RS512', typ: 'JWT', kid: keyId })
      .setIssuer(apiKey)
      .setSubject(apiKey)
      .setAudience(tokenUrl)
      .setJti(ids.next())
      .setExpirationTime(Math.floor(clock.now() / 1000) + ASSERTION_SECONDS)
      .sign(privateKey);

  const send = async (signal: AbortSignal): Promise<{ status: number; text: string }> => {
    try {
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        client_assertion_type: ASSERTION_TYPE,
        client_assertion: await assertion(),
      });
      const answer = await request(tokenUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: form.toString(),
        dispatcher: input.dispatcher,
        signal,
      });
      return { status: answer.statusCode, text: await answer.body.text() };
    } catch (error) {
      if (signal.aborted) throw new PdsFault('timeout', 'token: deadline');
      throw new PdsFault('unreachable', `token: ${errorNumberOf(error)}`);
    }
  };

  return async () => {
    const asked = clock.monotonic();
    const { status, text } = await withinTime(timers, input.timeoutMs, undefined, send);
    if (status !== 200) {
      throw new PdsFault(status >= 500 || status === 429 ? 'fault' : 'refused', `token: status ${status}`, { status });
    }
    const parsed = tokenAnswer.safeParse(parseJson(text));
    if (!parsed.success) throw new PdsFault('not-understood', 'token: no token in the answer', { status });
    const life = parsed.data.expires_in * 1000;
    return { text: parsed.data.access_token, renewAt: asked + life * RENEW_AT_SHARE, expiresAt: asked + life };
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
