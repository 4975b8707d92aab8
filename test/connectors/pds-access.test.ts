import { generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { z } from 'zod';
import { afterEach, describe, expect, it } from 'vitest';
import { pdsSettings, type PdsAuthentication } from '../../src/connectors/pds/index.js';
import { loadPdsData, PDS_TOKEN_PATH, type PdsSimulation } from '../../src/connectors/pds/simulator/index.js';
import { isGatewayError } from '../../src/domain/errors.js';
import { call, nhs } from '../contract/demographics.contract.js';
import { NOW, startPds, type PdsBench } from './pds-bench.js';

const pem = {
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
};
const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048, ...pem } as const) as unknown as {
  publicKey: string;
  privateKey: string;
};
const LIFE_SECONDS = 600;
const NUMBER = nhs('9991000011');

const data = loadPdsData({
  apiKeys: ['an-api-key'],
  applications: [{ apiKey: 'an-application', keyId: 'test-1', publicKey }],
  tokenSeconds: LIFE_SECONDS,
  people: [{ kind: 'traced', nhsNumber: NUMBER, family: 'Hollingbeck', given: ['Tamsin'], birthDate: '1991-06-14' }],
});

const signed = (simulation: PdsSimulation): PdsAuthentication => ({
  kind: 'signed-jwt',
  apiKey: 'an-application',
  keyId: 'test-1',
  privateKey,
  tokenUrl: simulation.pds.tokenUrl,
});

let bench: PdsBench | undefined;
afterEach(async () => {
  await bench?.close();
  bench = undefined;
});
async function start(authentication: (simulation: PdsSimulation) => PdsAuthentication): Promise<PdsBench> {
  bench = await startPds({ data, authentication, timeoutMs: 400 });
  return bench;
}
const outcomeOf = ({ demographics }: PdsBench): Promise<string> =>
  demographics.trace(NUMBER, call()).then(
    ({ outcome }) => outcome,
    (error: unknown) => (isGatewayError(error) ? error.code : String(error)),
  );
const tokensAsked = ({ simulation }: PdsBench): number => simulation.requests.count({ path: PDS_TOKEN_PATH });

describe('an API key', () => {
  it('is sent in its header', async () => {
    const { simulation, ...rest } = await start(() => ({ kind: 'api-key', key: 'an-api-key' }));
    expect(await outcomeOf({ simulation, ...rest })).toBe('found');
    expect(simulation.requests.all()[0]?.request.headers['apikey']).toBe('an-api-key');
  });

  it('that PDS does not know leaves us without demographics', async () => {
    expect(await outcomeOf(await start(() => ({ kind: 'api-key', key: 'another' })))).toBe('demographics-unavailable');
  });

  it('is needed where PDS asks for one', async () => {
    expect(await outcomeOf(await start(() => ({ kind: 'none' })))).toBe('demographics-unavailable');
  });
});

describe('an access token', () => {
  it('is got with an assertion as the platform wants it', async () => {
    const running = await start(signed);
    expect(await outcomeOf(running)).toBe('found');
    const asked = running.simulation.requests.all()[0]?.request;
    const assertion = new URLSearchParams(asked?.rawBody).get('client_assertion') ?? '';
    expect(decodeProtectedHeader(assertion)).toEqual({ alg: 'RS512', typ: 'JWT', kid: 'test-1' });
    const claims = decodeJwt(assertion);
    expect(claims).toMatchObject({
      iss: 'an-application',
      sub: 'an-application',
      aud: running.simulation.pds.tokenUrl,
    });
    expect(claims.exp).toBe(NOW / 1000 + 300);
    expect(claims.jti).toMatch(/^test-id-/);
    expect(running.simulation.requests.all()[1]?.request.headers.authorization).toBe('Bearer simulated-token-1');
  });

  it('serves until four fifths of its life are over', async () => {
    const running = await start(signed);
    await outcomeOf(running);
    running.runtime.advance(LIFE_SECONDS * 800 - 1);
    expect(await outcomeOf(running)).toBe('found');
    expect(tokensAsked(running)).toBe(1);
    running.runtime.advance(1);
    expect(await outcomeOf(running)).toBe('found');
    expect(tokensAsked(running)).toBe(2);
  });

  it('is asked for once, however many traces wait for it', async () => {
    const running = await start(signed);
    running.simulation.faults.script({ match: { path: PDS_TOKEN_PATH }, fault: { kind: 'delay', ms: 100 } });
    const outcomes = await Promise.all(Array.from({ length: 12 }, () => outcomeOf(running)));
    expect(outcomes).toEqual(Array.from({ length: 12 }, () => 'found'));
    expect(tokensAsked(running)).toBe(1);
  });

  it('is not lost to the others when the one who asked first leaves', async () => {
    const running = await start(signed);
    running.simulation.faults.script({ match: { path: PDS_TOKEN_PATH }, fault: { kind: 'delay', ms: 150 } });
    const caller = new AbortController();
    const first = running.demographics.trace(NUMBER, call(caller.signal)).catch(() => {
      expect(running.simulation.requests.all()[0]?.status, 'left before the token came').toBeUndefined();
      return 'left';
    });
    const second = outcomeOf(running);
    setTimeout(() => caller.abort(), 30);
    expect(await Promise.all([first, second])).toEqual(['left', 'found']);
    expect(tokensAsked(running)).toBe(1);
  });

  it('is kept while its renewal fails, until it really ends', async () => {
    const running = await start(signed);
    await outcomeOf(running);
    running.simulation.faults.script({
      match: { path: PDS_TOKEN_PATH },
      times: 'always',
      fault: { kind: 'status', status: 503 },
    });
    running.runtime.advance(LIFE_SECONDS * 900);
    expect(await outcomeOf(running)).toBe('found');
    running.runtime.advance(LIFE_SECONDS * 200);
    expect(await outcomeOf(running)).toBe('demographics-unavailable');
  });

  it('that cannot be had is not asked for with every trace', async () => {
    const running = await start(signed);
    running.simulation.faults.script({
      match: { path: PDS_TOKEN_PATH },
      times: 3,
      fault: { kind: 'status', status: 401, body: {} },
    });
    const askedAfter = async (ms: number): Promise<number> => {
      running.runtime.advance(ms);
      await outcomeOf(running);
      return tokensAsked(running);
    };
    expect([await askedAfter(0), await askedAfter(499), await askedAfter(1)]).toEqual([1, 1, 2]);
    expect([await askedAfter(999), await askedAfter(1)]).toEqual([2, 3]);
    running.runtime.advance(2_000);
    expect(await outcomeOf(running)).toBe('found');
  });

  it('that PDS has forgotten is replaced for the next trace', async () => {
    const running = await start(signed);
    await outcomeOf(running);
    running.simulation.pds.revokeTokens();
    expect(await outcomeOf(running)).toBe('demographics-unavailable');
    expect(await outcomeOf(running)).toBe('found');
    expect(tokensAsked(running)).toBe(2);
  });

  it('is not taken when it could break a header', async () => {
    const running = await start(signed);
    const body = { access_token: 'a\r\nb: c', expires_in: 5 };
    running.simulation.faults.script({ match: { path: PDS_TOKEN_PATH }, fault: { kind: 'wrong-envelope', body } });
    const error: unknown = await running.demographics.trace(NUMBER, call()).catch((e: unknown) => e);
    expect(error).toMatchObject({ cause: { kind: 'not-understood', message: 'token: no token in the answer' } });
  });

  it('is refused by the simulator for an assertion used twice, changed, or in the wrong form', async () => {
    const running = await start(signed);
    await outcomeOf(running);
    const used = running.simulation.requests.all()[0]?.request.rawBody ?? '';
    const post = async (change: (form: URLSearchParams) => void): Promise<number> => {
      const body = new URLSearchParams(used);
      change(body);
      return (await fetch(running.simulation.pds.tokenUrl, { method: 'POST', body })).status;
    };
    expect(await post(() => undefined)).toBe(400);
    expect(await post((form) => form.set('grant_type', 'password'))).toBe(400);
    expect(await post((form) => form.delete('client_assertion_type'))).toBe(400);
    expect(await post((form) => form.set('client_assertion', `${form.get('client_assertion')}x`))).toBe(401);
    running.simulation.requests.clear();
  });

  it.each([
    ['is nonsense', { kind: 'wrong-envelope' }],
    ['is HTML', { kind: 'html', status: 200 }],
    ['never comes', { kind: 'hang' }],
    ['is somewhere else', { kind: 'redirect', to: '/personal-demographics/elsewhere' }],
  ] as const)('that %s leaves us without demographics', async (_, fault) => {
    const running = await start(signed);
    running.simulation.faults.script({ match: { path: PDS_TOKEN_PATH }, fault });
    expect(await outcomeOf(running)).toBe('demographics-unavailable');
    expect(running.simulation.requests.all()).toHaveLength(1);
  });

  it('and the keys behind it are in no log line', async () => {
    const running = await start(signed);
    await outcomeOf(running);
    running.simulation.pds.revokeTokens();
    await outcomeOf(running);
    expect(JSON.stringify(running.log.lines)).not.toMatch(/simulated-token|an-application|PRIVATE/);
    expect(running.log.lines).toHaveLength(2);
  });
});

describe('the settings', () => {
  const schema = pdsSettings(z.string());
  const base = { baseUrl: 'https://pds.example.nhs.uk/FHIR/R4' };
  it('need no more than an address', () => {
    expect(schema.parse(base)).toEqual({
      ...base,
      allowHttp: false,
      timeoutMs: 2_500,
      authentication: { kind: 'none' },
    });
  });
  it.each([
    [{}],
    [{ baseUrl: 'pds' }],
    [{ baseUrl: 'ftp://pds.example' }],
    [{ ...base, timeoutMs: 0 }],
    [{ ...base, timeout: 5 }],
    [{ ...base, authentication: { kind: 'basic' } }],
    [{ ...base, authentication: { kind: 'api-key' } }],
    [
      {
        ...base,
        authentication: {
          kind: 'signed-jwt',
          apiKey: 'a',
          keyId: 'k',
          privateKey: publicKey,
          tokenUrl: 'https://a.example',
        },
      },
    ],
  ])('refuse %j', (settings) => {
    expect(schema.safeParse(settings).success).toBe(false);
  });
});
