/**
 * One request, one straight line: addressee, preconditions, format, body, handler, answer, audit. No step calls back
 * to an earlier one, and whatever fails on the way ends as one OperationOutcome and one audit event.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { auditedCaller } from '../core/context.js';
import { loggableTraceId, type Caller } from '../domain/caller.js';
import { GatewayError } from '../domain/errors.js';
import type { AuditEvent } from '../ports/audit.js';
import { queryOf } from './address.js';
import type { Answer, Exchange, GatewayHttp } from './exchange.js';
import type { GroupInteraction, PracticeInteraction } from './interactions.js';
import { parseJsonBody } from './request/json-body.js';
import { reportFaults } from './request/faults.js';
import { bodyFormat, formatOfRefusal, negotiate, wantsMinimal, type Format } from './request/negotiate.js';
import { checkProxyHeaders, checkSingleAuthorization, type ProxyHeaders } from './request/preconditions.js';
import { parseProvenanceToken } from './request/provenance-token.js';
import { parseXmlBody, parseXmlBodyInTurns } from './request/xml-body.js';
import { asGatewayError, formOf, send, toRefusal, toReply, type Reply } from './respond.js';

/** What is known of a request when it is over, for the log and the audit trail. */
interface RequestRecord {
  row: PracticeInteraction | GroupInteraction | undefined;
  practice: string | undefined;
  caller: Caller | undefined;
  certificate: readonly string[] | undefined;
  touched: readonly string[];
  code: string | undefined;
}

/** All interactions of one method and path. */
type Rows<Row> = readonly [Row, ...Row[]];

type AnyInteraction =
  | { readonly kind: 'practice'; readonly rows: Rows<PracticeInteraction> }
  | { readonly kind: 'group'; readonly rows: Rows<GroupInteraction> };

/** The interaction that a request means, and what carries it out at whomever the path addresses. */
interface Addressed {
  readonly row: PracticeInteraction | GroupInteraction;
  readonly proxy: ProxyHeaders;
  /** Throws unless the caller, who came with a certificate of these names, may ask this there. */
  readonly admit: (caller: Caller, names: readonly string[] | undefined) => (exchange: Exchange) => Promise<Answer>;
}

function addressed(
  http: GatewayHttp,
  interaction: AnyInteraction,
  name: string,
  { headers }: Request,
  record: RequestRecord,
): Addressed {
  if (interaction.kind === 'practice') {
    const entry = http.directory.practice(name);
    if (!entry) {
      throw new GatewayError(
        'organisation-not-found',
        'No practice with this ODS code is served here. Check the service root URL',
      );
    }
    record.practice = entry.practice.odsCode;
    const { row, ...proxy } = checkProxyHeaders(headers, entry.practice.asid, interaction.rows);
    return {
      row,
      proxy,
      admit(caller, names) {
        http.access.admit(caller, names, entry);
        return (exchange) => row.handle(http, entry, exchange);
      },
    };
  }
  const group = http.directory.group(name);
  if (!group) throw new GatewayError('organisation-not-found', 'No group of practices with this name is served here');
  const { row, ...proxy } = checkProxyHeaders(headers, group.group.asid, interaction.rows);
  return {
    row,
    proxy,
    admit(caller, names) {
      const open = http.access.admitToGroup(caller, names, group);
      return (exchange) => row.handle(http, open, exchange);
    },
  };
}

const signals = new WeakMap<Response, AbortSignal>();

/**
 * Aborts when the consumer's connection closes before it has its answer; one for each request, however often it is asked
 * for. The socket is asked, because it may be gone already when the body has been unpacked, and an answer that waits
 * behind another one is never told of it.
 */
export function consumerSignal({ socket }: Request, response: Response): AbortSignal {
  const known = signals.get(response);
  if (known) return known;
  const gone = new AbortController();
  signals.set(response, gone.signal);
  const leave = (): void => gone.abort();
  if (socket.destroyed) leave();
  else {
    socket.once('close', leave);
    response.once('finish', () => socket.removeListener('close', leave));
  }
  return gone.signal;
}

const MOST_FORWARDED = 512;

/** `Forwarded` as proxies on the way have left it is kept for audit; older ones write `X-Forwarded-For` instead. */
export function forwardedOf({ headers }: Request): string | undefined {
  const older = headers['x-forwarded-for'];
  const text = headers.forwarded ?? (older === undefined ? undefined : `for=${String(older)}`);
  return text?.slice(0, MOST_FORWARDED);
}

function audited(
  http: GatewayHttp,
  request: Request,
  interactionId: string | undefined,
  record: RequestRecord,
  reply: Reply,
): AuditEvent {
  const { caller } = record;
  return {
    at: http.context.runtime.clock.now(),
    kind: 'request',
    practice: record.practice,
    interaction: interactionId,
    traceId: caller?.traceId,
    status: reply.status,
    code: record.code,
    ...auditedCaller(caller),
    certificate: record.certificate?.join(' '),
    forwarded: forwardedOf(request),
    resources: record.touched,
    state: undefined,
  };
}

async function perform(
  http: GatewayHttp,
  interaction: AnyInteraction,
  request: Request,
  signal: AbortSignal,
  record: RequestRecord,
): Promise<{ reply: Reply; answer: Answer }> {
  const { face } = http;
  const name = String(request.params['addressee']);
  const { row, proxy, admit } = addressed(http, interaction, name, request, record);
  record.row = row;
  const now = http.context.runtime.clock.now();
  checkSingleAuthorization(request.rawHeaders);
  const caller = parseProvenanceToken(request.headers.authorization, proxy, row, face.validator, now);
  record.caller = caller;
  const run = admit(caller, record.certificate);

  const query = queryOf(request.url);
  const sent = row.method === 'GET' ? undefined : bodyFormat(request.headers);
  const form = formOf(negotiate(query, request.headers), face.xml);
  const answer = await run({
    caller,
    headers: request.headers,
    query,
    id: String(request.params['id'] ?? ''),
    body: sent && (await parseBody(http, sent, request)),
    signal,
  });
  record.touched = answer.touched;
  if (http.checkAnswers) reportFaults(http, row, answer);
  const serviceRoot = `${http.publicUrl}/${name}/${face.path}`;
  // Only what a write made can be left unsaid: a read without its resource would answer nothing.
  const minimal = sent !== undefined && wantsMinimal(request.headers);
  return { reply: toReply(answer, serviceRoot, form, minimal), answer };
}

/** More bytes than any usual body has. */
const LARGE = 32 * 1024;

/** Others have their turn between what takes long with a large body: reading it and, after this, judging it. */
async function parseBody({ face }: GatewayHttp, format: Format, request: Request): Promise<unknown> {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  if (bytes.length <= LARGE) return format === 'json' ? parseJsonBody(bytes) : parseXmlBody(bytes, face.xml);
  // XML takes several times as long to read.
  const body = format === 'json' ? parseJsonBody(bytes) : await parseXmlBodyInTurns(bytes, face.xml, nextTurn);
  await nextTurn();
  return body;
}

export async function serve(
  http: GatewayHttp,
  interaction: AnyInteraction | undefined,
  request: Request,
  response: Response,
  /** For a request that no interaction takes: why. */
  refusal?: GatewayError,
): Promise<void> {
  const { context, face } = http;
  const began = context.runtime.clock.monotonic();
  const record: RequestRecord = {
    row: interaction?.rows.length === 1 ? interaction.rows[0] : undefined,
    practice: undefined,
    caller: undefined,
    certificate: undefined,
    touched: [],
    code: undefined,
  };
  let reply: Reply;
  let onDelivered: (() => void) | undefined;
  try {
    record.certificate = http.access.namesOf(request);
    if (!interaction) throw refusal ?? new GatewayError('unknown-endpoint', 'Nothing is served at this address');
    const done = await perform(http, interaction, request, consumerSignal(request, response), record);
    reply = done.reply;
    onDelivered = done.answer.onDelivered;
  } catch (thrown) {
    reply = refused(http, thrown, record);
  }
  try {
    context.audit.record(audited(http, request, record.row?.interactionId, record, reply));
    // Only now is this what the consumer will be told.
    if (onDelivered) response.once('finish', onDelivered);
  } catch (thrown) {
    // What cannot be audited is not answered.
    reply = refused(http, thrown, record);
  }
  await send(response, reply, request.headers['accept-encoding']);
  context.log.info('request', {
    method: request.method,
    route: interaction?.rows[0].path ?? 'none',
    status: reply.status,
    durationMs: Math.round((context.runtime.clock.monotonic() - began) * 10) / 10,
    ...(record.practice !== undefined && { practice: record.practice }),
    ...(record.row && { interaction: record.row.name }),
    ...(record.code !== undefined && { code: record.code }),
    ...(record.caller && { traceId: loggableTraceId(record.caller.traceId) }),
  });

  function refused(gateway: GatewayHttp, thrown: unknown, into: RequestRecord): Reply {
    const error = asGatewayError(thrown, gateway.context.log);
    into.code = error.code;
    // The refusal may have come before the format was settled, or be about it.
    const form = formOf(formatOfRefusal(queryOf(request.url), request.headers), face.xml);
    return toRefusal(error, face.representation, form);
  }
}
