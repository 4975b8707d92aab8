/** The machine's own time, ids and randomness, and the log on standard output. Built by `main` and `cli` only. */
import { randomBytes } from 'node:crypto';
import { pino, type DestinationStream, type Logger } from 'pino';
import type { Log, LogFields, Runtime } from './ports/runtime.js';

export function createSystemRuntime(): Runtime {
  return {
    clock: { now: () => Date.now(), monotonic: () => performance.now() },
    timers: {
      sleep: (ms, signal) =>
        new Promise<void>((resolve) => {
          if (signal?.aborted) return resolve();
          const finish = (): void => {
            clearTimeout(timer);
            signal?.removeEventListener('abort', finish);
            resolve();
          };
          const timer = setTimeout(finish, ms);
          signal?.addEventListener('abort', finish, { once: true });
        }),
    },
    // 120 random bits in base32: short enough for every practice system's reference field, and safe in a URL.
    ids: { next: () => base32(randomBytes(15)) },
    random: { fraction: () => Math.random() },
  };
}

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567';

function base32(bytes: Buffer): string {
  let text = '';
  let buffer = 0;
  let bits = 0;
  for (const byte of bytes) {
    buffer = (buffer << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += ALPHABET[(buffer >> bits) & 31];
    }
    buffer &= (1 << bits) - 1;
  }
  return text;
}

/** Only these fields are ever written; a field that is not listed here is dropped, whatever its caller meant. */
const ALLOWED: readonly (keyof LogFields)[] = [
  'practice',
  'system',
  'operation',
  'interaction',
  'route',
  'method',
  'status',
  'code',
  'class',
  'state',
  'attempt',
  'traceId',
  'requestId',
  'durationMs',
  'count',
  'port',
  'reason',
];

function allowed(fields: LogFields | undefined): Record<string, string | number> {
  const line: Record<string, string | number> = {};
  if (fields) {
    for (const name of ALLOWED) {
      const value = fields[name];
      if (value !== undefined) line[name] = value;
    }
  }
  return line;
}

/** JSON lines in UTC. */
export function createLog(destination: DestinationStream = pino.destination({ fd: 1, sync: false })): Log {
  const logger: Logger = pino(
    { base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, messageKey: 'event' },
    destination,
  );
  return {
    info: (event, fields) => logger.info(allowed(fields), event),
    warn: (event, fields) => logger.warn(allowed(fields), event),
    error: (event, fields) => logger.error(allowed(fields), event),
  };
}
