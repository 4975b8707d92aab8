/**
 * Signed heads of the audit trail. A chain whose last rows were taken off is whole in itself: only a head that was kept
 * somewhere else shows it. It is signed (HMAC-SHA-256, with a key that is derived from the ledger's), so that nobody
 * who can write to the database and to the log makes one that fits.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import { MINUTE } from '../../domain/time.js';
import type { Log, Timers } from '../../ports/runtime.js';
import type { AuditHead } from './walk.js';

const EVERY_MS = MINUTE;
const KEY_LENGTH = 32;
/** Name of the event in the log. */
export const HEAD_EVENT = 'audit-head';

export interface SignedHead extends AuditHead {
  /** Hexadecimal. */
  readonly signature: string;
}

export interface HeadSigning {
  sign(head: AuditHead): SignedHead;
  isGenuine(head: SignedHead): boolean;
}

/** `key` is the ledger's. */
export function createHeadSigning(key: Uint8Array): HeadSigning {
  const own = Buffer.from(hkdfSync('sha256', key, '', 'slotbridge audit head', KEY_LENGTH));
  const sign = ({ seq, hash }: AuditHead): SignedHead => {
    const signature = createHmac('sha256', own).update(`slotbridge audit head\n${seq}\n${hash}`).digest('hex');
    return { seq, hash, signature };
  };
  return {
    sign,
    isGenuine(head) {
      const [given, expected] = [Buffer.from(head.signature), Buffer.from(sign(head).signature)];
      return given.length === expected.length && timingSafeEqual(given, expected);
    },
  };
}

export interface HeadExport {
  /** Writes the last one. */
  close(): Promise<void>;
}

/** Writes the head to the log each minute, when there is a new one. */
export function startHeadExport(
  head: () => Promise<SignedHead>,
  { log, timers }: { readonly log: Log; readonly timers: Timers },
): HeadExport {
  const closing = new AbortController();
  let last = 0;
  const write = async (): Promise<void> => {
    const { seq, hash, signature } = await head();
    if (seq === last) return;
    last = seq;
    log.info(HEAD_EVENT, { seq, hash, signature });
  };
  /** A ledger that is away has no new head either. */
  const writeIfThere = (): Promise<void> => write().catch(() => undefined);
  const running = (async () => {
    while (!closing.signal.aborted) {
      await timers.sleep(EVERY_MS, closing.signal);
      await writeIfThere();
    }
  })();
  return {
    close() {
      closing.abort();
      return running;
    },
  };
}
