/** The machine's own time, ids and randomness, and the log on standard output. Built by `main` and `cli` only. */
import { randomBytes } from 'node:crypto';
import { pino, type DestinationStream, type Logger } from 'pino';
import { parseNhsNumber } from './domain/identifiers.js';
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
  'seq',
  'hash',
  'signature',
];

function allowed(fields: LogFields | undefined): Record<string, string | number> {
  const line: Record<string, string | number> = {};
  if (fields) {
    for (const name of ALLOWED) {
      const value = fields[name];
      // Ten decimals could be taken for a number of a patient.
      if (value !== undefined) line[name] = typeof value === 'number' ? Math.round(value * 1000) / 1000 : value;
    }
  }
  return line;
}

/** A write for each line would cost a busy gateway a tenth of its time. What waits is written at the end of the process too. */
const LOG_PIECE_BYTES = 8192;
const LOG_LATE_MS = 100;

/** Ten digits, also in groups, that are no part of a longer number or of a hash in hexadecimal. */
const TEN_DIGITS = /(?<![0-9a-f])[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}(?![0-9a-f])/g;
const ESCAPED = /\\(?:u[0-9a-f]{4}|.)/gi;
/** What is shorter stands in lines that tell nothing. */
const SHORTEST_SECRET = 8;

/** What of a secret would tell it: each line of a key file, and the password in an address, as it is written there. */
function tellingParts(secret: string): readonly string[] {
  const password = URL.canParse(secret) ? new URL(secret).password : '';
  const lines = secret.split(/\r?\n/).filter((line) => !line.startsWith('-----'));
  return [...lines, password].map((part) => part.trim()).filter((part) => part.length >= SHORTEST_SECRET);
}

/** Whether a line holds an NHS number or one of the secrets, whoever let it in. */
function tells(line: string, secrets: readonly string[]): boolean {
  const text = line.includes('\\') ? line.replace(ESCAPED, ' ') : line;
  for (const [digits] of text.matchAll(TEN_DIGITS)) if (parseNhsNumber(digits.replace(/[ -]/g, ''))) return true;
  return secrets.some((secret) => line.includes(secret));
}

/**
 * JSON lines in UTC, of fields from the list above. A line that holds an NHS number or one of `secrets` all the same is
 * not written, and is counted.
 */
export function createLog(
  destination: DestinationStream = pino.destination({
    fd: 1,
    sync: false,
    minLength: LOG_PIECE_BYTES,
    periodicFlush: LOG_LATE_MS,
  }),
  secrets: readonly string[] = [],
): Log {
  let heldBack = 0;
  const telling = [...new Set(secrets.flatMap(tellingParts))].flatMap((part) => {
    const written = JSON.stringify(part).slice(1, -1);
    return written === part ? [part] : [part, written];
  });
  const filter: DestinationStream = {
    write(line) {
      if (tells(line, telling)) heldBack += 1;
      else destination.write(line);
    },
  };
  const logger: Logger = pino(
    { base: null, timestamp: () => `,"time":"${new Date().toISOString()}"`, messageKey: 'event' },
    filter,
  );
  return {
    info: (event, fields) => logger.info(allowed(fields), event),
    warn: (event, fields) => logger.warn(allowed(fields), event),
    error: (event, fields) => logger.error(allowed(fields), event),
    heldBack: () => heldBack,
  };
}
