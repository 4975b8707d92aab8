/** A session instance of HMIS as both of its APIs can tell one: one dated block of a clinician's time with a queue. */
import type { Instant } from '../../domain/time.js';

export interface HmisSession {
  readonly id: number;
  readonly name: string | undefined;
  readonly consultantId: string | undefined;
  readonly institutionId: string | undefined;
  readonly start: Instant;
  readonly end: Instant | undefined;
  /** Minutes for one patient. */
  readonly duration: number | undefined;
  /** 0 sets no limit. */
  readonly capacity: number | undefined;
  /** Places left; `undefined` where the system cannot tell or sets no limit. */
  readonly free: number | undefined;
  /** The number the next booking is likely to get; a hint. */
  readonly nextToken: number;
  /** Open to online bookings, by its status and all its flags. */
  readonly open: boolean;
  readonly itemId: number | undefined;
  /** Changes whenever anything about the session does. */
  readonly version: string;
}
