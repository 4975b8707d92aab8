/** Who may ask the simulated PDS: everybody, holders of an API key, or applications with a token (signed JWT). */
import { createPublicKey } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import type { SimulatedAnswer, SimulatedRequest } from '../../simulation/messages.js';
import type { PdsData } from './data.js';

export interface Access {
  /** Whether the request carries what the data file asks for. */
  admits(request: SimulatedRequest): boolean;
  /** Answers `POST /oauth2/token`. */
  token(request: SimulatedRequest): Promise<SimulatedAnswer>;
  /** Forgets every token given out so far, as when the platform is restarted. */
  revokeTokens(): void;
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
const LONGEST_ASSERTION_SECONDS = 300;

const refuse = (status: number, error: string, description: string): SimulatedAnswer => ({
  status,
  body: { error, error_description: description, message_id: 'rrt-simulated' },
});

export function createAccess(data: PdsData, now: () => number): Access {
  const tokens = new Map<string, number>();
  const usedAssertions = new Set<string>();
  let given = 0;

  const isTokenValid = (authorization: string): boolean => {
    const until = tokens.get(authorization.replace(/^Bearer /, ''));
    return until !== undefined && now() < until;
  };

  return {
    admits({ headers }) {
      if (data.apiKeys.length === 0 && data.applications.length === 0) return true;
      const key = headers['apikey'];
      if (typeof key === 'string' && data.apiKeys.includes(key)) return true;
      return isTokenValid(headers.authorization ?? '');
    },

    async token({ rawBody }) {
      const form = new URLSearchParams(rawBody);
      if (form.get('grant_type') !== 'client_credentials') {
        return refuse(400, 'unsupported_grant_type', 'grant_type is invalid');
      }
      if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
        return refuse(400, 'invalid_request', 'Missing or invalid client_assertion_type');
      }
      const assertion = form.get('client_assertion') ?? '';
      try {
        const { kid } = decodeProtectedHeader(assertion);
        const application = data.applications.find(({ keyId }) => keyId === kid);
        if (!application) return refuse(401, 'invalid_request', "Invalid 'kid' header in client_assertion JWT");
        const { payload } = await jwtVerify(assertion, createPublicKey(application.publicKey), {
          algorithms: ['RS512'],
          issuer: application.apiKey,
          subject: application.apiKey,
          requiredClaims: ['aud', 'exp', 'jti'],
          currentDate: new Date(now()),
        });
        const aud = typeof payload.aud === 'string' ? payload.aud : '';
        if (!aud.endsWith('/oauth2/token')) return refuse(401, 'invalid_request', "Invalid 'aud' claim");
        if ((payload.exp ?? 0) > now() / 1000 + LONGEST_ASSERTION_SECONDS) {
          return refuse(400, 'invalid_request', "Invalid 'exp' claim: more than 5 minutes in future");
        }
        if (usedAssertions.has(payload.jti ?? '')) return refuse(400, 'invalid_request', "Non-unique 'jti' claim");
        usedAssertions.add(payload.jti ?? '');
      } catch {
        return refuse(401, 'public_key error', 'The JWT could not be verified');
      }
      given += 1;
      const token = `simulated-token-${given}`;
      tokens.set(token, now() + data.tokenSeconds * 1000);
      return {
        status: 200,
        body: {
          access_token: token,
          expires_in: String(data.tokenSeconds),
          token_type: 'Bearer',
          issued_at: String(now()),
        },
      };
    },

    revokeTokens: () => tokens.clear(),
  };
}
