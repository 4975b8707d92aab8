/** Reads an XML body from bytes. What the text may hold, and how much, is the codec's to judge. */
import { GatewayError } from '../../domain/errors.js';
import type { XmlCodec } from '../../fhir/xml/index.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

function textOf(bytes: Buffer): string {
  if (bytes.length === 0) throw new GatewayError('bad-request', 'The body is empty. Send a resource');
  try {
    return utf8.decode(bytes);
  } catch {
    throw new GatewayError('bad-request', 'The body is not UTF-8');
  }
}

export function parseXmlBody(bytes: Buffer, codec: XmlCodec): unknown {
  return codec.parse(textOf(bytes));
}

/** The same, for a body so large that others are to have their turn while it is read. */
export function parseXmlBodyInTurns(bytes: Buffer, codec: XmlCodec, nextTurn: () => Promise<void>): Promise<unknown> {
  return codec.parseInTurns(textOf(bytes), nextTurn);
}
