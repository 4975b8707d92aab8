/**
 * Stands before everything that costs: decides by the request line and the headers, before the body is read, whether a
 * request is worked on, waits or is sent away.
 */
import type { Request, RequestHandler, Response } from 'express';
import { GatewayError } from '../../domain/errors.js';
import { ownEvent, type AuditEvent } from '../../ports/audit.js';
import { queryOf } from '../address.js';
import type { GatewayHttp } from '../exchange.js';
import { consumerSignal, forwardedOf } from '../pipeline.js';
import { formatOfRefusal } from '../request/negotiate.js';
import { LIMIT_RULES, type LimitRules } from './adaptive-limit.js';
import { createAdmission, type Admission, type ReadRoom } from './admission.js';
import { asksForPlace, askedOf } from './kinds.js';
import { createQuota } from './quota.js';
import { createRefusal, type Refusal } from './shed.js';

export interface OverloadSettings {
  readonly limit: LimitRules;
  /** For each consumer; `undefined` where nobody proves who they are. */
  readonly requestsPerSecond: number | undefined;
  /** Of the system behind a practice. */
  readonly roomOf?: (odsCode: string) => ReadRoom | undefined;
  /** Whether the system behind a practice has room for no booking more; who asks is taken to be turned away then. */
  readonly turnsAway?: (odsCode: string) => boolean;
  /** Whether the gateway is closing: then no new booking is begun. */
  readonly isClosing?: () => boolean;
}

export const OVERLOAD_SETTINGS: OverloadSettings = { limit: LIMIT_RULES, requestsPerSecond: undefined };

export interface Door {
  readonly admit: RequestHandler;
  /** The answer has been made: its room is free. */
  leave(response: Response): void;
  readonly admission: Pick<Admission, 'limit' | 'inWork' | 'waiting'>;
}

const BURST_SECONDS = 2;
const LONGEST_RETRY_AFTER_SECONDS = 5;
const LONGEST_NAME = 64;

export function createDoor(http: GatewayHttp, settings: OverloadSettings): Door {
  const { runtime, audit, log } = http.context;
  const addressees = http.directory.entries.length;
  const admission = createAdmission(runtime, settings.limit, Math.max(1, addressees));
  const rate = settings.requestsPerSecond;
  const quota = rate === undefined ? undefined : createQuota(rate, rate * BURST_SECONDS, runtime.clock);
  // Not a word of what has become of an earlier request that this one may repeat.
  const overloaded = createRefusal(
    new GatewayError('overloaded', 'The gateway is busy. This request was not looked at; it can be sent again safely'),
    http.face,
  );
  const closing = createRefusal(
    new GatewayError(
      'overloaded',
      'The gateway is closing. This request was not looked at; it can be sent again safely',
    ),
    http.face,
  );
  const overQuota = createRefusal(
    new GatewayError(
      'quota-exceeded',
      'This consumer sends more requests than it may. This one was not looked at; slow down',
    ),
    http.face,
  );
  const leaving = new WeakMap<Response, (isServed: boolean) => void>();

  /** As far as it shows without the token: whose certificate, and on whose behalf. */
  const consumerOf = (request: Request): string => {
    const from = String(request.headers['ssp-from'] ?? '').slice(0, LONGEST_NAME);
    try {
      return `${http.access.namesOf(request)?.join(' ') ?? ''} ${from}`;
    } catch {
      // The pipeline refuses it, and says why.
      return ` ${from}`;
    }
  };

  const sendAway = (request: Request, response: Response, refusal: Refusal, seconds: number): void => {
    const practice = http.directory.practice(askedOf(request.method, request.url).addressee)?.practice.odsCode;
    const event: AuditEvent = {
      ...ownEvent({ at: runtime.clock.now(), kind: 'request', practice, resources: [], state: undefined }),
      status: refusal.status,
      code: refusal.code,
      forwarded: forwardedOf(request),
    };
    try {
      audit.record(event);
    } catch {
      // Nothing was done and nothing is told: the answer says "busy", which is even truer when the trail is full.
      log.warn('refusal-not-audited', { code: refusal.code });
    }
    const format = formatOfRefusal(queryOf(request.url), request.headers);
    refusal.send(response, format, request.headers['accept-encoding'], seconds);
    log.info('request', {
      method: request.method,
      route: 'none',
      status: refusal.status,
      code: refusal.code,
      ...(practice !== undefined && { practice }),
    });
  };

  const soon = (): number => 1 + Math.floor(runtime.random.fraction() * LONGEST_RETRY_AFTER_SECONDS);

  return {
    admission,
    admit(request, response, next) {
      // Over a connection that was open before: whoever comes again comes to another gateway, or to the next one.
      const asked = askedOf(request.method, request.url);
      if (settings.isClosing?.() && asked.kind === 'booking') {
        sendAway(request, response, closing, soon());
        return;
      }
      const consumer = consumerOf(request);
      const wait = quota?.exceeded(consumer);
      if (wait !== undefined) {
        sendAway(request, response, overQuota, wait);
        return;
      }
      const practice = http.directory.practice(asked.addressee)?.practice.odsCode ?? '';
      // Told here it costs next to nothing: else those who come again would keep a busy gateway busy.
      if (asksForPlace(request.method, request.url) && settings.turnsAway?.(practice)) {
        sendAway(request, response, overloaded, soon());
        return;
      }
      const signal = consumerSignal(request, response);
      const room = settings.roomOf?.(practice);
      void admission.enter({ ...asked, consumer, room, signal }).then((admitted) => {
        if (typeof admitted === 'string') {
          sendAway(request, response, overloaded, soon());
          return;
        }
        leaving.set(response, admitted.leave);
        next();
      });
    },
    leave(response) {
      // A refusal is no work, and says nothing of how long work takes: most of the time it has waited for others.
      leaving.get(response)?.(response.statusCode < 400);
    },
  };
}
