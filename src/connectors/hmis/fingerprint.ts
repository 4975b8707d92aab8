/**
 * A short fingerprint of a text, for versions and for the checksum of slot ids. It guards against accidents, not
 * against anybody: a cryptographic hash costs ten times as much, for every slot of every search.
 */
export function fingerprint(text: string): string {
  const [left, right] = halvesOf(text);
  return hex(left) + hex(right);
}

/** The first half of the above: enough to tell our own ids from other text. */
export function shortFingerprint(text: string): string {
  return hex(halvesOf(text)[0]);
}

function halvesOf(text: string): readonly [number, number] {
  let left = 0x9e3779b9;
  let right = 0x85ebca6b;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    left = Math.imul(left ^ unit, 0x9e3779b1);
    right = Math.imul(right ^ unit, 0x5f356495);
  }
  // Both halves stir each other, so that the last letters reach every bit.
  left = Math.imul(left ^ (left >>> 16), 0x85ebca6b) ^ Math.imul(right ^ (right >>> 13), 0xc2b2ae35);
  right = Math.imul(right ^ (right >>> 16), 0x85ebca6b) ^ Math.imul(left ^ (left >>> 13), 0xc2b2ae35);
  return [left, right];
}

/** `toString(16)` takes a quarter of a microsecond for a number this large, and there are hundreds in one answer. */
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(half: number): string {
  return `${HEX[half >>> 24]}${HEX[(half >>> 16) & 0xff]}${HEX[(half >>> 8) & 0xff]}${HEX[half & 0xff]}`;
}
