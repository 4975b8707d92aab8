/** Reads XML of each release, with the places of its elements. */
import { createXmlCodec } from '../../fhir/xml/index.js';
import { loadBaseDefinitions } from '../../validation/definitions/base.js';
import type { Release } from '../../validation/index.js';
import type { ReadXml } from '../../validation/text/index.js';

export function xmlReaderOf(release: Release): ReadXml {
  const codec = createXmlCodec(loadBaseDefinitions(release), { elements: Infinity, repeats: Infinity });
  return (text) => ({ resource: codec.parse(text), locate: () => new Map() });
}
