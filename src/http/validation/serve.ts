/**
 * One `$validate` request: certificate, format, body, verdict, answer, audit. No practice and no patient of one is
 * touched, so there are neither Ssp headers nor a token: whoever may connect may ask. Of the resource nothing is kept,
 * and nothing of it reaches the log or the audit trail.
 */
import type { Request, Response } from 'express';
import { GatewayError } from '../../domain/errors.js';
import { ownEvent } from '../../ports/audit.js';
import type { Release } from '../../validation/index.js';
import { queryOf } from '../address.js';
import type { GatewayHttp } from '../exchange.js';
import { consumerSignal, forwardedOf } from '../pipeline.js';
import { bodyFormat, formatOfRefusal, negotiate } from '../request/negotiate.js';
import { asGatewayError, formOf, send, toRefusal, toReply, type Reply } from '../respond.js';
import { overBudget, toOutcome, writeRefusal } from './outcome.js';
import { leftOut } from './parameters.js';
import type { Finding, Question, Verdict } from './question.js';
import type { ValidationThread } from './thread.js';

/** What the audit trail calls it: the canonical url that FHIR gives the operation. */
const OPERATION = 'http://hl7.org/fhir/OperationDefinition/Resource-validate';
const PARAMETERS: ReadonlySet<string> = new Set(['profile', 'mode', '_format', '_pretty']);

export interface ValidationService {
  readonly http: GatewayHttp;
  readonly thread: ValidationThread;
}

export async function serveValidation(
  { http, thread }: ValidationService,
  release: Release,
  request: Request,
  response: Response,
  /** For a request that is refused already: why. */
  refusal?: GatewayError,
): Promise<void> {
  const { context } = http;
  const began = context.runtime.clock.monotonic();
  let names: readonly string[] | undefined;
  let code: string | undefined;
  let reply: Reply;
  try {
    names = http.access.namesOf(request);
    if (refusal) throw refusal;
    reply = await perform();
  } catch (thrown) {
    reply = refused(thrown);
  }
  const at = context.runtime.clock.now();
  try {
    context.audit.record({
      ...ownEvent({ at, kind: 'request', practice: undefined, resources: [], state: undefined }),
      interaction: OPERATION,
      status: reply.status,
      code,
      certificate: names?.join(' '),
      forwarded: forwardedOf(request),
    });
  } catch (thrown) {
    // What cannot be audited is not answered.
    reply = refused(thrown);
  }
  await send(response, reply, request.headers['accept-encoding']);
  context.log.info('request', {
    method: request.method,
    route: `/${release.toUpperCase()}/:type/$validate`,
    status: reply.status,
    durationMs: Math.round((context.runtime.clock.monotonic() - began) * 10) / 10,
    interaction: 'validate',
    ...(code !== undefined && { code }),
  });

  async function perform(): Promise<Reply> {
    const query = queryOf(request.url);
    const form = formOf(negotiate(query, request.headers), http.face.xml);
    const question: Question = {
      release,
      format: bodyFormat(request.headers),
      bytes: Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0),
      type: String(request.params['type']),
      id: request.params['id'] === undefined ? undefined : String(request.params['id']),
      profiles: query.getAll('profile'),
      modes: query.getAll('mode'),
    };
    const unknown = [...new Set(query.keys())].filter((name) => !PARAMETERS.has(name));
    const notes = unknown.map(() => leftOut('', 'A parameter of the query'));
    const verdict = await thread.ask(question, consumerSignal(request, response));
    const { findings, profiles } = toFindings(verdict, question);
    const resource = toOutcome([...findings, ...notes], profiles);
    return toReply({ status: 200, resource, touched: [] }, '', form, false);
  }

  function refused(thrown: unknown): Reply {
    const error = asGatewayError(thrown, context.log);
    code = error.code;
    const { representation, xml } = http.face;
    const neutral = { writeOutcome: (told: GatewayError) => writeRefusal(told, representation) };
    return toRefusal(error, neutral, formOf(formatOfRefusal(queryOf(request.url), request.headers), xml));
  }
}

function toFindings(
  verdict: Verdict,
  { type, profiles }: Question,
): { readonly findings: readonly Finding[]; readonly profiles: readonly string[] } {
  switch (verdict.kind) {
    case 'checked':
      return verdict;
    case 'given-up':
      return { findings: [overBudget(type, verdict.spent)], profiles };
    case 'refused': {
      const { code, message, fhirPath } = verdict;
      throw new GatewayError(code, message, fhirPath === undefined ? {} : { fhirPath });
    }
  }
}
