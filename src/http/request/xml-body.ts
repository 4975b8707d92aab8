/** Reads an XML body from bytes. What the text may hold, and how much, is the codec's to judge. */
import { GatewayError } from '../../domain/errors.js';
import type { XmlCodec } from '../../fhir/xml/index.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

export function parseXmlBody(bytes: Buffer, codec: XmlCodec): unknown {
  if (bytes.length === 0) throw new GatewayError('bad-request', 'The body is empty. Send a resource');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    throw new GatewayError('bad-request', 'The body is not UTF-8');
  }
  return codec.parse(text);
}
