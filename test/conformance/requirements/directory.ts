/** Foundations, second half: practitioners, organisations and locations. */
import { must, section, tested, type Section } from './requirement.js';

export const directory: readonly Section[] = [
  section('9.5', 'Find a practitioner', {
    1: must('F5', 'The search is by SDS user id, with its system'),
    2: must('F5', 'The practitioner is returned in a searchset Bundle'),
    3: must('F5', 'A user id that nobody has is an empty Bundle'),
    4: must('F5 F6', 'meta.profile, meta.versionId, id and identifier are populated'),
    5: must('F5 F6', 'There is exactly one name, with a family name'),
    6: must('F5 F6', 'gender and languages are populated where they are known'),
    7: must('F5 F6', 'telecom, address, birthDate, photo and qualification are not sent'),
    8: tested('F5 F6', 'Identifiers are the SDS user id and none, one or several SDS role profile ids'),
    9: tested('F5', 'Without identifier, or with its name in another letter case, it is 400 BAD_REQUEST'),
    10: tested('F5', 'A repeated identifier is 400 BAD_REQUEST'),
    11: tested('F5', 'A missing system or value is 422 INVALID_PARAMETER'),
    12: must('F5', 'Another system is 400 INVALID_IDENTIFIER_SYSTEM'),
    13: must('F5', 'A value that cannot be a user id is 400 INVALID_IDENTIFIER_VALUE'),
  }),

  section('9.6', 'Read a practitioner', {
    1: must('F6', 'A practitioner is read by id, with an ETag'),
    2: must('F6', 'What is read is what find a practitioner returns'),
    3: must('F6', 'An id that nobody has is 404 PRACTITIONER_NOT_FOUND'),
    4: tested('F6', 'The interaction id of another interaction is 400 BAD_REQUEST'),
  }),

  section('9.7', 'Find an organisation', {
    1: must('F7', 'The search is by ODS code, with its system'),
    2: must('F7', 'The organisation is returned in a searchset Bundle'),
    3: tested('F7', 'A code that is not known is an empty Bundle'),
    4: must('F7 F8', 'meta.profile, meta.versionId, id and name are populated'),
    5: must('F7 F8', 'The identifier is the ODS code, once'),
    6: must('F7 F8', 'Addresses and telecoms are populated where they are known'),
    7: must('F7 F8', 'contact and endpoint are not sent'),
    8: tested('F7', 'Without identifier, or with its name in another letter case, it is 400 BAD_REQUEST'),
    9: tested('F7', 'A repeated identifier is 400 BAD_REQUEST'),
    10: tested('F7', 'A missing system or value is 422 INVALID_PARAMETER'),
    11: must('F7', 'Another system is 400 INVALID_IDENTIFIER_SYSTEM'),
    12: must('F7', 'A value that cannot be an ODS code is 400 INVALID_IDENTIFIER_VALUE'),
  }),

  section('9.8', 'Read an organisation', {
    1: must('F8', 'An organisation is read by id, with an ETag'),
    2: must('F8', 'An id that nobody has is 404 ORGANISATION_NOT_FOUND'),
    3: must('F8', 'An id from any reference can be read, such as the managing organisation of a patient'),
  }),

  section('9.9', 'Read a location', {
    1: must('F9', 'A location is read by id, with an ETag'),
    2: must('F9', 'meta.profile, meta.versionId, id and name are populated'),
    3: must('F9', 'The address is one object, the telecoms are a list, where they are known'),
    4: must('F9', 'managingOrganization is populated'),
    5: must('F9', 'endpoint and mode are not sent'),
    6: must('F9', 'An id that nobody has is 404 NO_RECORD_FOUND'),
    7: must('F9', 'No ODS site code is asked for'),
  }),
];
