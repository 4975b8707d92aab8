/** The service root and what holds for every request and every resource. */
import { ALL, may, must, own, section, should, tested, type Section } from './requirement.js';

const SEARCHES = 'F2 F5 F7 A1 A3';
const READS = 'F3 F6 F8 F9 A4';
const WRITES = 'F4 A2 A5 A6';
const CHANGES = 'A5 A6';
const APPOINTMENTS = 'A2 A3 A4 A5 A6';

export const http: readonly Section[] = [
  section('3', 'Service root URL', {
    1: must(ALL, 'The ODS code in the path decides which practice is addressed, never an ASID header'),
    2: must(ALL, 'Below the ODS code come the FHIR version STU3, the major version 1 and our routing segment'),
    3: must(ALL, 'Foundations and Appointment Management are served below one and the same root'),
    4: must(ALL, 'Nothing is served at an address that ends with a slash'),
    5: must(ALL, 'Addresses, and the ids within them, are case sensitive'),
    6: must(ALL, 'A code that is not the code of a practice served here leads nowhere'),
    7: must(SEARCHES, 'Values in the query may be percent-encoded, with %7C for | and %2B for the + of an offset'),
    8: must(ALL, 'Every relative reference in an answer can be read below the root that gave the answer'),
  }),

  section('4.1', 'Content negotiation', {
    1: must(ALL, 'JSON is spoken, as application/fhir+json'),
    2: should(ALL, 'XML is spoken, as application/fhir+xml'),
    3: must(ALL, 'The parameter _format is heard before the Accept header'),
    4: must(WRITES, 'The Accept header is heard before the Content-Type of the request'),
    5: must(WRITES, 'Without _format and Accept the answer has the format of the request body'),
    6: must(ALL, 'Without any wish the answer is JSON'),
    7: must(ALL, 'A format that is not spoken, asked for in the answer, is 415'),
    8: must(WRITES, 'A body in a format that is not spoken is 415'),
    9: must(ALL, 'Text is UTF-8, and Content-Type says ;charset=utf-8 with no space before it'),
    10: may(ALL, 'A request may name the charset in Accept or send Accept-Charset'),
    11: must(ALL, 'An answer is compressed with gzip when the request accepts gzip'),
    12: must(WRITES, 'A request body may come in chunks'),
    13: must(ALL, 'An answer can be read to its end, by its length or in chunks'),
    14: must('A2 A5 A6', 'Unless told otherwise a write answers the whole resource'),
    15: tested('A2', 'Prefer: return=minimal is answered with 201 and an empty body'),
    16: tested(CHANGES, 'Prefer: return=minimal is answered with 200 and an empty body'),
    17: tested(ALL, 'What is written in XML is understood as what is written in JSON, on every interaction'),
    18: own(ALL, 'A refusal has the format that was asked for, or JSON when that cannot be told'),
  }),

  section('4.2', 'Headers of an answer', {
    1: must(ALL, 'Cache-Control holds no-store when the request succeeds'),
    2: must(ALL, 'Cache-Control holds no-store when the request is refused'),
    3: must(READS, 'A single resource comes with ETag: W/"versionId"'),
    4: must('A2', 'A created resource comes with ETag: W/"versionId"'),
    5: must(CHANGES, 'A changed resource comes with ETag: W/"versionId" of its new version'),
    6: must('A2', 'A created resource comes with Last-Modified'),
    7: should('A4 A5 A6', 'An appointment comes with Last-Modified beside its ETag'),
    8: must('A2', 'Location holds the address of the created resource with its version'),
    9: should(READS, 'Content-Location holds the address of the resource'),
    10: must(ALL, 'Every answer asks for strict transport security'),
    11: must(ALL, 'Headers that proxies add on the way do no harm'),
    12: should(ALL, 'The Forwarded headers of a request are kept for the audit'),
  }),

  section('4.3', 'Versions', {
    1: must(ALL, 'Every resource that is returned has meta.versionId'),
    2: must(ALL, 'The version changes whenever the content does'),
    3: must(ALL, 'The version stays while the content does'),
    4: must(CHANGES, 'If-Match with another version than the current one is 409, and nothing is changed'),
    5: tested(CHANGES, 'Without If-Match the request is carried out'),
    6: must(CHANGES, 'PUT never creates: an unknown id is 404'),
  }),

  section('4.4', 'Resources and references', {
    1: must(ALL, 'Every resource that is returned claims its profile in meta.profile'),
    2: tested(ALL, 'meta.profile of a returned resource holds exactly one profile'),
    3: should(WRITES, 'A resource sent without its profile, or with another one, is 422 INVALID_RESOURCE'),
    4: must(ALL, 'References in answers are relative'),
    5: tested('A2 A5 A6', 'An absolute reference, also to a contained resource, is 422 INVALID_RESOURCE'),
    6: must(ALL, 'An id is at most 64 characters of letters, digits, dash and point'),
    7: must(ALL, 'An id never changes once it is given'),
    8: must(READS, 'The resource that is returned has the id that was asked for'),
    9: must('A2', 'Every resource that a request refers to has to exist'),
    10: must(WRITES, 'What is sent is checked against its profile and the rules of the interaction'),
    11: must('A4', 'An appointment read later shows what has become of it in the practice system'),
    12: must('A4', 'An appointment whose session has another practitioner by now shows that one'),
    13: must(ALL, 'A write that is under way does not hold up a read'),
    14: should('F2 F4 F5 F7 A1 A3', 'Entries of a Bundle have no fullUrl'),
    15: must(SEARCHES, 'A search is answered with a Bundle of type searchset'),
    16: must(SEARCHES, 'No match is no error: 200 with no entries'),
    17: must(ALL, 'Parameters that nobody knows are ignored'),
    18: tested(SEARCHES, 'Names of parameters are case sensitive'),
    19: must(ALL, 'Codes such as a status are case sensitive'),
    20: own(ALL, 'No narrative is written'),
  }),

  section('4.5', 'Incomplete data', {
    1: must(READS, 'A record that makes no valid resource is 500 with an OperationOutcome that says why'),
    2: must(SEARCHES, 'One such record among several makes the whole answer 500; it is never left out'),
  }),

  section('4.6', 'Formats of primitives', {
    1: must(ALL, 'A date has no time zone'),
    2: must(`A1 ${APPOINTMENTS}`, 'Times are local, yyyy-mm-ddThh:mm:ss with the offset'),
    3: must(`A1 ${APPOINTMENTS}`, 'The offset is +00:00 in winter and +01:00 in summer'),
    4: must(`A1 ${APPOINTMENTS}`, 'A time never ends in Z and has no fraction of a second'),
    5: must(ALL, 'Neither the language nor the time zone of the machine shows in an answer'),
    6: must(ALL, 'An id that is a UUID is written in lower case'),
  }),

  section('4.7', 'Kinds of interaction', {
    1: must(READS, 'A read is answered with 200'),
    2: must(SEARCHES, 'A search is answered with 200'),
    3: must('A2', 'A create is answered with 201'),
    4: must(CHANGES, 'An update is answered with 200'),
    5: must('F4', 'An operation is answered with 200'),
    6: must(ALL, 'Nothing can be deleted'),
    7: must(READS, 'An id that nobody has is 404'),
  }),
];
