/**
 * Encryption at rest of everything in the ledger that is about a patient: AES-256-GCM with a fresh nonce for each
 * value (NIST SP 800-38D), and HMAC-SHA-256 where a value must be found again without being readable.
 *
 * A sealed value is one byte of format, twelve of nonce, sixteen of tag, then the text. Where it belongs is
 * authenticated with it: a value copied to another row or column does not open.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

const FORMAT = 1;
const NONCE_AT = 1;
const TAG_AT = 13;
const TEXT_AT = 29;
export const KEY_LENGTH = 32;

export interface Sealing {
  /** `place` names the column and the row. */
  seal(place: string, value: unknown): Buffer;
  /** What was sealed at this place; throws when the key is another one or the bytes were touched. */
  open(place: string, sealed: Buffer): unknown;
  /** Equal for equal parts, says nothing about them. `purpose` keeps different kinds of value apart. */
  fingerprint(purpose: string, ...parts: readonly string[]): string;
  /** Tells whether a file was written with this key, without telling the key. */
  readonly keyCheck: string;
}

/** `hashKey` replaces the derived HMAC key, for a deployment whose encryption key is to be changed one day. */
export function createSealing(key: Buffer, hashKey?: Buffer): Sealing {
  if (key.length !== KEY_LENGTH) throw new RangeError(`the ledger's key must have ${KEY_LENGTH} bytes`);
  if (hashKey !== undefined && hashKey.length < KEY_LENGTH) {
    throw new RangeError(`the ledger's hash key must have at least ${KEY_LENGTH} bytes`);
  }
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', key, '', `slotbridge ledger ${use}`, KEY_LENGTH));
  const encryptionKey = derive('encryption');
  const hmacKey = hashKey ?? derive('hmac');
  const hmac = (text: string): string => createHmac('sha256', hmacKey).update(text).digest('hex');

  return {
    seal(place, value) {
      const nonce = randomBytes(TAG_AT - NONCE_AT);
      const cipher = createCipheriv('aes-256-gcm', encryptionKey, nonce);
      cipher.setAAD(Buffer.from(place));
      const text = cipher.update(JSON.stringify(value), 'utf8');
      cipher.final();
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), text]);
    },
    open(place, sealed) {
      if (sealed[0] !== FORMAT || sealed.length < TEXT_AT) throw new Error('not a sealed value');
      const decipher = createDecipheriv('aes-256-gcm', encryptionKey, sealed.subarray(NONCE_AT, TAG_AT), {
        authTagLength: TEXT_AT - TAG_AT,
      });
      decipher.setAAD(Buffer.from(place));
      decipher.setAuthTag(sealed.subarray(TAG_AT, TEXT_AT));
      const text = Buffer.concat([decipher.update(sealed.subarray(TEXT_AT)), decipher.final()]);
      return JSON.parse(text.toString('utf8')) as unknown;
    },
    // As JSON, so that no two lists of parts run into the same text.
    fingerprint: (purpose, ...parts) => hmac(JSON.stringify([purpose, ...parts])),
    keyCheck: `${derive('check').toString('hex')} ${hmac('check')}`,
  };
}
