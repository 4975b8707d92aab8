/** Certificates, key and revocation lists while the gateway runs: read at the start and again when a file changes. */
import type { SecureContextOptions } from 'node:tls';
import { HOUR, SECOND, type Instant } from '../../domain/time.js';
import type { Log } from '../../ports/runtime.js';
import { fingerprintOf, readTlsMaterial, type TlsFault, type TlsMaterial } from './tls-material.js';
import type { TlsSettings } from './transport.js';

export interface TlsFiles {
  options(): SecureContextOptions;
  /** Calls back with what has been read anew, until the returned function is called. */
  watch(changed: (options: SecureContextOptions) => void): () => void;
  /** Reads the files again now; what cannot be used is logged, and what was there before stays. */
  reload(): void;
  /** A revocation list older than a day no longer says who has been revoked. */
  isFresh(now: Instant): boolean;
}

const LOOK_EVERY_MS = 5 * SECOND;
const OLDEST_REVOCATIONS_MS = 24 * HOUR;

export class TlsFilesRefused extends Error {
  override readonly name = 'TlsFilesRefused';
  readonly code = 'ERR_TLS_FILES';

  constructor(faults: readonly TlsFault[]) {
    super(`TLS cannot be set up: ${faults.map(({ part, message }) => `${part} ${message}`).join('; ')}`);
  }
}

/** `now` is the machine's own time, as OpenSSL goes by it. Throws `TlsFilesRefused`. */
export function openTlsFiles(settings: TlsSettings, log: Log, now: () => number): TlsFiles {
  const first = readTlsMaterial(settings, now());
  if ('faults' in first) throw new TlsFilesRefused(first.faults);
  let material: TlsMaterial = first.material;
  let seen = fingerprintOf(settings);
  let tell: ((options: SecureContextOptions) => void) | undefined;

  const reload = (): void => {
    seen = fingerprintOf(settings);
    const read = readTlsMaterial(settings, now());
    if ('faults' in read) {
      for (const { part } of read.faults) log.error('transport-reload-failed', { reason: part });
      return;
    }
    material = read.material;
    tell?.(material.options);
    log.info('transport-reloaded');
  };

  return {
    options: () => material.options,
    reload,
    watch(changed) {
      tell = changed;
      const look = setInterval(() => {
        if (fingerprintOf(settings) !== seen) reload();
      }, LOOK_EVERY_MS).unref();
      return () => {
        clearInterval(look);
        tell = undefined;
      };
    },
    isFresh: (at) =>
      material.revocationsWrittenAt === undefined || at - material.revocationsWrittenAt <= OLDEST_REVOCATIONS_MS,
  };
}
