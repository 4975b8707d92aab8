/** Reads XML of each release into the form that JSON has, with the places of its elements. */
import { createXmlReader } from '../fhir/xml/index.js';
import { loadBaseDefinitions, type Release } from '../validation/index.js';
import type { ReadXml } from '../validation/text/index.js';

const readers = new Map<Release, ReadXml>();

/** The tables of a release are read when its first XML is. */
export function xmlReaderOf(release: Release): ReadXml {
  return (text) => {
    let reader = readers.get(release);
    if (reader === undefined) readers.set(release, (reader = createXmlReader(loadBaseDefinitions(release))));
    return reader(text);
  };
}
