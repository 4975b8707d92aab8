/**
 * A file that could not be written, or turned out damaged, is not trusted again because the next write succeeds: it is
 * tried each second, and used again when a commit has gone through and the whole file has been checked.
 */
import Database from 'better-sqlite3';
import type { Log } from '../../ports/runtime.js';

const EVERY_MS = 1000;
const TROUBLE = /^SQLITE_(IOERR|READONLY|FULL|CORRUPT|NOTADB|CANTOPEN)/;

export interface Soundness {
  isSound(): boolean;
  /** Told of every commit that has failed. */
  failed(error: unknown): void;
  close(): void;
}

export interface SoundnessInput {
  /** Resolves when a commit has gone through. */
  readonly probe: () => Promise<void>;
  /** Whether the whole file is in order. Rejects where it cannot be read, and when the signal aborts. */
  readonly isWhole: (signal: AbortSignal) => Promise<boolean>;
  readonly log: Log | undefined;
}

export function watchSoundness({ probe, isWhole, log }: SoundnessInput): Soundness {
  let trouble: string | undefined;
  let again: NodeJS.Timeout | undefined;
  const closed = new AbortController();

  const tryAgain = async (): Promise<void> => {
    again = undefined;
    try {
      await probe();
      if (!(await isWhole(closed.signal))) {
        log?.error('ledger-damaged');
      } else {
        trouble = undefined;
        log?.info('ledger-sound-again');
        return;
      }
    } catch {
      // As it was.
    }
    plan();
  };
  const plan = (): void => {
    if (closed.signal.aborted) return;
    again ??= setTimeout(() => void tryAgain(), EVERY_MS);
    again.unref();
  };

  return {
    isSound: () => trouble === undefined,
    failed(error) {
      if (closed.signal.aborted || trouble !== undefined) return;
      if (!(error instanceof Database.SqliteError) || !TROUBLE.test(error.code)) return;
      trouble = error.code;
      log?.error('ledger-trouble', { reason: error.code });
      plan();
    },
    close() {
      closed.abort();
      clearTimeout(again);
    },
  };
}
