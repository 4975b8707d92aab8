/** The shape of resources, by the profiles of the release: what is returned, and what is taken. */
import { ALL, must, section, type Section } from './requirement.js';

export const profiles: readonly Section[] = [
  section('21', 'Profiles', {
    1: must('A2 A3 A4 A5 A6', 'An Appointment meets GPConnect-Appointment-1 and has nothing that it prohibits'),
    2: must('A1', 'A Slot meets GPConnect-Slot-1 and has nothing that it prohibits'),
    3: must('A1', 'A Schedule meets GPConnect-Schedule-1 and has nothing that it prohibits'),
    4: must('F2 F3 F4', 'A Patient meets CareConnect-GPC-Patient-1 and has nothing that it prohibits'),
    5: must('F5 F6 A1', 'A Practitioner meets CareConnect-GPC-Practitioner-1 and has nothing that it prohibits'),
    6: must('F7 F8 A1', 'An Organization meets CareConnect-GPC-Organization-1 and has nothing that it prohibits'),
    7: must('F9 A1', 'A Location meets CareConnect-GPC-Location-1 and has nothing that it prohibits'),
    8: must(ALL, 'An OperationOutcome meets GPConnect-OperationOutcome-1 and has nothing that it prohibits'),
    9: must('F4', 'The Bundle of a registration meets GPConnect-Searchset-Bundle-1'),
    10: must(
      'A2 A5 A6',
      'A request whose elements are not those of STU3, or not of their types, is 422 INVALID_RESOURCE',
    ),
    11: must('A2', 'A participant that is no Patient, Location or Practitioner is 422 INVALID_RESOURCE'),
    12: must('A2', 'A code outside a required value set, such as a participation status, is 422 INVALID_RESOURCE'),
    13: must('A2', 'A contained resource that nothing refers to, or that has a version, is 422 INVALID_RESOURCE'),
    14: must('A2', 'use, type, period and assigner of an identifier of the appointment are 422 INVALID_RESOURCE'),
    15: must('F4', 'use, type, period and assigner of an NHS number are 422 INVALID_RESOURCE'),
    16: must('A2', 'A time in another form than local time with offset is 422 INVALID_RESOURCE'),
  }),
];
