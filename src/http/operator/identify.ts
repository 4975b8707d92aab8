/** Which operator a request comes from: by a token of their own, or by the certificate where nobody has a token. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ClientIdentification } from '../access/client-identity.js';
import type { OperatorSettings } from './settings.js';

/** The operator's name as the settings or the certificate write it; `undefined` for anybody else. */
export type OperatorOf = (request: IncomingMessage) => string | undefined;

const SCHEME = 'Bearer ';

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest();

export function createOperatorIdentification(
  { operators, tls }: OperatorSettings,
  { namesOf }: Pick<ClientIdentification, 'namesOf'>,
): OperatorOf {
  if (operators.length === 0) {
    return (request) => (tls ? namesOf(request)?.[0] : undefined);
  }
  const known = operators.map(({ name, token }) => ({ name, digest: digestOf(token) }));
  return ({ headers, headersDistinct }) => {
    const given = headers.authorization;
    if (given === undefined || headersDistinct['authorization']?.length !== 1) return undefined;
    if (given.slice(0, SCHEME.length).toLowerCase() !== SCHEME.toLowerCase()) return undefined;
    const digest = digestOf(given.slice(SCHEME.length).trim());
    let found: string | undefined;
    // All of them, so that the time it takes says nothing.
    for (const operator of known) if (timingSafeEqual(operator.digest, digest)) found = operator.name;
    return found;
  };
}
