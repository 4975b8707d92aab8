/** What a connector's folder hands to the registry. Everything else in the folder stays private to it. */
import type { ZodType } from 'zod';
import type { Practice } from '../domain/practice.js';
import type { PracticeSystem } from '../ports/practice-system.js';
import type { Log, Runtime } from '../ports/runtime.js';
import type { CallLimits, Guard } from './exchange/index.js';

export interface ConnectorInput<Settings> {
  readonly practice: Practice;
  readonly settings: Settings;
  readonly runtime: Runtime;
  readonly log: Log;
  /** For the exchange with the practice system; shared with the other practices of its installation. */
  readonly guard?: Guard;
}

export interface Connector<Settings> {
  /** As written under `practiceSystem.type` in the practices file. */
  readonly type: string;
  /**
   * Schema of the connector's part of the practices file, beside `type`. `secret` is the schema to use for every
   * credential: it reads `{ env: NAME }` or `{ file: PATH }` and yields the text, so that no secret stands in the file.
   */
  settings(secret: ZodType<string>): ZodType<Settings>;
  /**
   * Which installation the settings lead to: two practices with equal answers share one practice system, and must not
   * both name one of its locations. Is compared and never shown. A connector without it shares nothing.
   */
  installationOf?(settings: Settings): string;
  /** How much its installation may be asked for at a time; equal for practices that share one. */
  callLimitsOf?(settings: Settings): CallLimits;
  create(input: ConnectorInput<Settings>): PracticeSystem;
}
