/** The bearer token that says who asks, for whom and why. */
import { ALL, may, must, own, section, tested, type Section } from './requirement.js';

export const token: readonly Section[] = [
  section('6.0', 'Form of the token', {
    1: must(ALL, 'The token comes as Authorization: Bearer'),
    2: must(ALL, 'It has three parts, the last of them empty, so that it ends with a dot'),
    3: must(ALL, 'Its header says alg none: it is not signed'),
    4: tested(ALL, 'A token that is not base64url, without padding, is 400 BAD_REQUEST'),
    5: must(ALL, 'A payload that is no JSON object is 400 BAD_REQUEST'),
  }),

  section('6.1', 'Claims', {
    1: tested(ALL, 'Without iss, or with null, it is 400 BAD_REQUEST'),
    2: must(ALL, 'Without sub it is 400 BAD_REQUEST'),
    3: must(ALL, 'A sub that is not the id of requesting_practitioner is 400 BAD_REQUEST'),
    4: tested(ALL, 'Without aud, with null or with nothing in it, it is 400 BAD_REQUEST'),
    5: own(ALL, 'What aud says is not compared: the specification prints it in two ways'),
    6: tested(ALL, 'Without exp it is 400 BAD_REQUEST'),
    7: tested(ALL, 'An exp that is not iat plus 300 seconds is 400 BAD_REQUEST'),
    8: must(ALL, 'A token that has expired is 400 BAD_REQUEST'),
    9: tested(ALL, 'Without iat it is 400 BAD_REQUEST'),
    10: tested(ALL, 'An iat that lies ahead of the clock is accepted'),
    11: tested(ALL, 'Without reason_for_request it is 400 BAD_REQUEST'),
    12: must(ALL, 'Any reason but directcare is 400 BAD_REQUEST'),
    13: tested(ALL, 'Without requested_scope it is 400 BAD_REQUEST'),
    14: tested(ALL, 'A scope that nobody knows is 400 BAD_REQUEST'),
    15: tested(ALL, 'Without requesting_device it is 400 BAD_REQUEST'),
    16: tested(ALL, 'An unknown element of requesting_device is 422'),
    17: tested(ALL, 'A requesting_device of a type that FHIR does not have is 422'),
    18: own(ALL, 'A device without identifier, model or version is 400 BAD_REQUEST'),
    19: must(ALL, 'Without requesting_organization it is 400 BAD_REQUEST'),
    20: must(ALL, 'An organisation without its name or its ODS code is 400 BAD_REQUEST'),
    21: tested(ALL, 'Without requesting_practitioner it is 400 BAD_REQUEST'),
    22: tested(ALL, 'A requesting_practitioner of a type that FHIR does not have is 422'),
    23: must(ALL, 'A practitioner without id or without a family name is 400 BAD_REQUEST'),
    24: tested(ALL, 'The word UNK in place of an SDS user id or role profile id is accepted'),
    25: tested(ALL, 'A practitioner without a role profile id is accepted'),
    26: tested(ALL, 'A practitioner without an id of the consumer is accepted'),
    27: must(ALL, 'The three resources follow base STU3 and need no GP Connect profile'),
    28: must(ALL, 'The organisation is the one the user belongs to, the practitioner is the real user', {
      outside: 'Only the consumer knows who is at the keyboard; the audit trail keeps what the token says',
    }),
    29: own(ALL, 'An empty text in place of a claim is 400 BAD_REQUEST'),
    30: must(ALL, 'A token whose times are no whole numbers of seconds is 400 BAD_REQUEST'),
    31: own(ALL, 'The claim requested_record, which an earlier version had, is 400 BAD_REQUEST'),
  }),

  section('6.2', 'Scopes', {
    1: must('F2 F3 A3 A4', 'The scope is patient/*.read'),
    2: must('F4 A2 A5 A6', 'The scope is patient/*.write'),
    3: must('F1 F5 F6 F7 F8 F9 A1', 'The scope is organization/*.read'),
    4: tested('F4 A3', 'Reading in place of writing, or the reverse, is 400 BAD_REQUEST'),
    5: may(ALL, 'A request may be refused for its scope, which is 400 BAD_REQUEST'),
  }),

  section('6.3', 'How a token is refused', {
    1: must(ALL, 'A header that is absent or no bearer token is 400 BAD_REQUEST, with nothing of RFC 6750'),
    2: must(ALL, 'A claim that is missing, null or wrong is 400 BAD_REQUEST'),
    3: must(ALL, 'A claim that holds a valid resource of another type is 400 BAD_REQUEST'),
    4: must(ALL, 'A claim whose resource breaks the structure of STU3 is 422 INVALID_RESOURCE'),
    5: own(ALL, 'The refusal names the claim'),
  }),
];
