/**
 * The seam of the XML codec: FHIR XML (http://hl7.org/fhir/STU3/xml.html) to and from the JSON form that every face
 * reads and writes. Only the seam stands here; no codec exists yet, so nothing offers XML.
 *
 * A codec sits below a face and knows element tables, not meanings: what it parses goes through the same structural
 * validation as a JSON body.
 */
export interface XmlCodec {
  /** The JSON form of an XML resource; throws `GatewayError` `bad-request` for text that is not well formed. */
  parse(xml: string): unknown;
  /** The XML form of a resource in JSON form. */
  write(resource: unknown): string;
}
