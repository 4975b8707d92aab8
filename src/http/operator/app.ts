/** What is served on the operator port: health and metrics to whoever may connect, attempts to operators. */
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import type { GatewayContext } from '../../core/context.js';
import type { Directory } from '../../core/directory.js';
import { resolveAttempt } from '../../core/operator/resolve.js';
import { duplicateOf, isUnsettled, listTasks } from '../../core/operator/tasks.js';
import { GatewayError, type ErrorCode } from '../../domain/errors.js';
import { SECOND } from '../../domain/time.js';
import { ownEvent } from '../../ports/audit.js';
import type { Attempt } from '../../ports/ledger.js';
import type { PracticeCondition } from '../../ports/practice-condition.js';
import { createBareApp, type Health } from '../health/bare-app.js';
import { toRequestError } from '../bodies.js';
import { asGatewayError } from '../respond.js';
import { parseAnswer, parseFilter, parseId } from './asked.js';
import type { OperatorOf } from './identify.js';
import type { Measured, Metrics } from './metrics.js';
import { toListed, toShown } from './views.js';

export interface OperatorHttp {
  readonly context: GatewayContext;
  readonly directory: Directory;
  readonly health: Health;
  readonly operatorOf: OperatorOf;
  readonly version: string;
  readonly metrics: Metrics;
  /** How it stands between the gateway and each practice's system. */
  readonly conditions: () => readonly PracticeCondition[];
  /** Of the machine, at this moment. */
  measure(): Pick<Measured, 'uptimeSeconds' | 'residentBytes' | 'loopDelay'>;
}

const STATUS: Partial<Record<ErrorCode, number>> = {
  'bad-request': 400,
  'invalid-parameter': 400,
  'access-denied': 401,
  'record-not-found': 404,
  'unknown-endpoint': 404,
  'version-conflict': 409,
  'body-too-large': 413,
  'unsupported-media-type': 415,
  'practice-unavailable': 503,
  'ledger-unavailable': 503,
};

interface Reply {
  readonly status: number;
  readonly body: object;
  readonly practice?: string;
}

/** One thing that operators do, and who may do it. */
type Work = (request: Request, operator: string) => Promise<Reply>;

export function createOperatorApp(http: OperatorHttp): Express {
  const { context, directory, health, version, metrics } = http;
  const { ledger } = context;
  const now = (): number => context.runtime.clock.now();
  const shown = async (attempt: Attempt): Promise<object> =>
    toShown(attempt, directory, now(), await duplicateOf(ledger, attempt.id));
  const app = createBareApp(health);
  app.use((_request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });

  app.get('/status', async (_request, response) => {
    const [isReady, tasks] = await Promise.all([health.ready(), listTasks(ledger, directory, now())]);
    const count = (practice: string, list: string): number =>
      tasks.filter((task) => task.attempt.practice === practice && task.list === list).length;
    const conditions = new Map(http.conditions().map((one) => [one.practice, one]));
    const practices = directory.entries.map(({ practice: { odsCode, name } }) => {
      const mine = tasks.filter(({ attempt }) => attempt.practice === odsCode);
      const unsettled = mine.filter(isUnsettled);
      return {
        practice: odsCode,
        name,
        open: count(odsCode, 'open'),
        needsHuman: count(odsCode, 'needs-human'),
        unclaimed: count(odsCode, 'unclaimed'),
        possibleDuplicates: mine.filter(({ duplicateOf: earlier }) => earlier.length > 0).length,
        oldestOpenSeconds: Math.floor(Math.max(0, ...unsettled.map(({ ageMs }) => ageMs)) / SECOND),
        ...connectionOf(conditions.get(odsCode)),
      };
    });
    response.json({ version, ready: isReady, practices });
  });
  app.get('/metrics', async (_request, response) => {
    const [isReady, tasks] = await Promise.all([health.ready(), listTasks(ledger, directory, now())]);
    const practices = directory.entries.map(({ practice }) => practice.odsCode);
    response.set('Content-Type', metrics.contentType);
    response.send(
      await metrics.write({ version, isReady, practices, tasks, conditions: http.conditions(), ...http.measure() }),
    );
  });

  const forOperators =
    (interaction: string, work: Work) =>
    async (request: Request, response: Response): Promise<void> => {
      const operator = http.operatorOf(request);
      let reply: Reply;
      let code: ErrorCode | undefined;
      try {
        if (operator === undefined) {
          throw new GatewayError('access-denied', 'Only operators may do this: send the token or certificate of one');
        }
        reply = await work(request, operator);
      } catch (thrown) {
        const error = asGatewayError(thrown, context.log);
        code = error.code;
        reply = refusal(error);
      }
      const id = request.params['id'];
      // What is no id of ours may be anything, and is not kept.
      const resources = typeof id === 'string' && reply.status < 400 ? [`Appointment/${id}`] : [];
      try {
        context.audit.record({
          ...ownEvent({ at: now(), kind: 'operator-request', practice: reply.practice, resources, state: undefined }),
          interaction,
          status: reply.status,
          code,
          userName: operator,
        });
      } catch (thrown) {
        // What cannot be audited is not answered.
        reply = refusal(asGatewayError(thrown, context.log));
      }
      context.log.info('operator-request', { operation: interaction, status: reply.status, ...(code && { code }) });
      send(response, reply);
    };

  app.get(
    '/attempts',
    forOperators('attempts list', async ({ url }) => {
      const filter = parseFilter(new URL(url, 'http://operator').searchParams);
      const tasks = await listTasks(ledger, directory, now(), filter);
      return { status: 200, body: { attempts: tasks.map(toListed) } };
    }),
  );
  app.get(
    '/attempts/:id',
    forOperators('attempts show', async ({ params }) => {
      const attempt = await ledger.findAttempt(parseId(String(params['id'])));
      if (!attempt) throw new GatewayError('record-not-found', 'There is no attempt with this id');
      return { status: 200, body: await shown(attempt), practice: attempt.practice };
    }),
  );
  app.post(
    '/attempts/:id/answer',
    express.json({ limit: '16kb', type: 'application/json' }),
    forOperators('attempts resolve', async ({ params, body, headers }, operator) => {
      if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
        throw new GatewayError('unsupported-media-type', 'The answer must be sent as application/json');
      }
      const id = parseId(String(params['id']));
      const attempt = await resolveAttempt(context, directory, id, parseAnswer(body, operator));
      return { status: 200, body: await shown(attempt), practice: attempt.practice };
    }),
  );

  app.use((_request: Request, response: Response) => {
    send(response, refusal(new GatewayError('unknown-endpoint', 'Nothing is served at this address')));
  });
  const onError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
    send(response, refusal(asGatewayError(toRequestError(error), context.log)));
  };
  app.use(onError);

  return app;
}

/** `reads` and `writes` with their breakers, and when the system last answered. */
function connectionOf(condition: PracticeCondition | undefined): object {
  if (!condition) return {};
  const { reads, writes, lastAnswerAt } = condition;
  return { reads, writes, ...(lastAnswerAt !== undefined && { lastAnswerAt: new Date(lastAnswerAt).toISOString() }) };
}

/** Problem details: RFC 9457. */
function refusal(error: GatewayError): Reply {
  const status = STATUS[error.code] ?? 500;
  return { status, body: { status, code: error.code, detail: error.message } };
}

function send(response: Response, { status, body }: Reply): void {
  if (status === 401) response.set('WWW-Authenticate', 'Bearer');
  response
    .status(status)
    .type(status < 400 ? 'application/json' : 'application/problem+json')
    .send(JSON.stringify(body));
}
