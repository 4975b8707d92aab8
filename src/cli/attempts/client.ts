/** Asks a running gateway over its operator port. */
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { SECOND } from '../../domain/time.js';

export interface Connection {
  readonly url: string;
  readonly tokenFile?: string;
  /** PEM files, for a port with mutual TLS. */
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

const TOKEN_VARIABLE = 'SLOTBRIDGE_OPERATOR_TOKEN';
const TIMEOUT_MS = 15 * SECOND;

/** Throws, in words for whoever typed the command, when no answer of an operator port comes. */
export async function askGateway(
  { url, tokenFile, ca, cert, key }: Connection,
  env: Readonly<Record<string, string | undefined>>,
  path: string,
  send?: object,
): Promise<Answered> {
  const token = tokenFile === undefined ? env[TOKEN_VARIABLE] : read(tokenFile);
  const tls = { ...(ca && { ca: read(ca) }), ...(cert && { cert: read(cert) }), ...(key && { key: read(key) }) };
  const agent = new Agent({ connect: { timeout: 5 * SECOND, ...tls } });
  try {
    const answer = await request(rootOf(url) + path, {
      dispatcher: agent,
      method: send ? 'POST' : 'GET',
      headers: {
        accept: 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token.trim()}` }),
        ...(send && { 'content-type': 'application/json' }),
      },
      ...(send && { body: JSON.stringify(send) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await answer.body.text();
    if (!/json/i.test(String(answer.headers['content-type']))) throw new Error('no JSON');
    return { status: answer.statusCode, body: JSON.parse(text) as unknown };
  } catch (error) {
    const { code = 'no answer' } = error as NodeJS.ErrnoException;
    throw new Error(`${url} does not answer as an operator port (${code}): is the gateway running with \`operator\`?`, {
      cause: error,
    });
  } finally {
    await agent.close();
  }
}

function rootOf(url: string): string {
  if (!/^https?:\/\/[^/?#@]+\/?$/.test(url)) {
    throw new Error(`'${url}' is no address of an operator port: write http://127.0.0.1:8081 or https://…`);
  }
  return url.replace(/\/$/, '');
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new Error(`${file} cannot be read: check that it exists and may be read`);
  }
}
