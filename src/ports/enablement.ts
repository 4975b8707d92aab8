/** What each practice's data controller had switched on when the gateway last ran. */
import type { OdsCode } from '../domain/identifiers.js';
import type { Enablement } from '../domain/practice.js';
import type { Instant } from '../domain/time.js';

export interface CapabilitySwitch {
  readonly practice: OdsCode;
  readonly capability: keyof Enablement;
  readonly on: boolean;
}

export interface EnablementRecord {
  /**
   * Remembers how the switches stand, and answers those that stood otherwise before: one that was never seen was off,
   * and one that is no longer named is off. Each change and its audit event are in one commit.
   */
  settle(switches: readonly CapabilitySwitch[], at: Instant): Promise<readonly CapabilitySwitch[]>;
}
