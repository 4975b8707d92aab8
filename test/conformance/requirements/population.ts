/** How resources are populated, and who may be asked about. */
import { ALL, must, own, section, should, tested, type Section } from './requirement.js';

const PATIENT = 'F2 F3 F4';

export const population: readonly Section[] = [
  section('11', 'Population', {
    1: must(ALL, 'Every element for which there is data is populated, but for those that an interaction leaves out'),
    2: must('A2 F4', 'What is marked must-support is stored, with all its parts, and returned'),
    3: must(ALL, 'The id of a resource is always populated'),
    4: must(ALL, 'Parts of an address that are not known are left out'),
    5: should(ALL, 'address.text is not sent'),
    6: must(ALL, 'address.state is not sent'),
    7: must(PATIENT, 'Addresses of a patient have a use'),
    8: must(PATIENT, 'Telecoms have a system and, but for email, a use'),
    9: must('F9 A1', 'The address of a Location is one object'),
    10: must('F2 F7 A1', 'The addresses of a Patient and an Organization are lists, as are all telecoms'),
    11: must(PATIENT, 'A contact of the patient has its relationship as text, and no coding', {
      outside: 'No practice system served here holds contacts of a patient; nothing is populated',
    }),
    12: must('F9 A1', 'A practice with one site has one Location, which refers to its Organization'),
    13: must(PATIENT, 'The preferred surgery has the id by which Schedules name that Location'),
    14: must('F7 A1 A2', 'Addresses and telecoms of an Organization never have the use home'),
  }),

  section('13', 'Which patients', {
    1: must('F2 F3', 'One who is active and verified is found and read'),
    2: must('A2 A3', 'One who is active and verified can be booked for, and has appointments to retrieve'),
    3: must('F4', 'One who is active is 409 on registration, verified or verified by it'),
    4: must('F4', 'One who is active and cannot be verified is refused registration'),
    5: must('F2 F3', 'One who has left is neither found nor read'),
    6: must('F4', 'One who has left is made active again by registration'),
    7: must('F2 F3 F4', 'One who is not known is not found, and can be registered'),
    8: must('F2 F3 F4', 'One who has died is neither found, read nor registered'),
    9: must('F2 F3 A1 A2 A3 A4', 'A dissent to share is ignored by every interaction'),
    10: must('F2 F3', 'One who is sensitive is neither found nor read'),
    11: must('F4', 'One who is sensitive is refused registration'),
    12: must('A3', 'No appointment is retrieved of one who is sensitive'),
    13: must('F2', 'A number that PDS marks invalid or superseded is not found'),
    14: must('F4', 'A number that PDS marks invalid or superseded is refused registration'),
    15: must('A2', 'One who is not known, or has left, has to be registered before anything is booked'),
    16: must(ALL, 'Sharing rules of the practice are not applied: whoever the proxy lets through is served'),
    17: must(ALL, 'Only data of the practice in the path is returned'),
    18: own('F3 A2', 'A temporary registration that has run out is as one who has left'),
    19: must('A2 A4 A5 A6', 'Appointments of one who is sensitive are neither made, read nor changed'),
  }),

  section('16', 'Known issues', {
    1: must('A1', 'The Organization is in the Bundle of slots although no include asks for it'),
    2: must('A1', '_include:recurse=Location:managingOrganization is accepted'),
    3: must('A2', 'Contact details that a consumer writes into description are stored as text'),
  }),

  section('17', 'Traces of other versions', {
    1: must('A1', 'service.identifier of 1.2.8 is ignored, as any unknown parameter'),
    2: must('A1', 'The include of HealthcareService of 1.2.8 is ignored'),
    3: own(ALL, 'HealthcareService is not implemented'),
    4: tested('A1', 'DeliveryChannel-1, withdrawn by 1.2.1, is never sent'),
  }),
];
