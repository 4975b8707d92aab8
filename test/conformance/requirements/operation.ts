/** What a program can show of the non-functional part, audit and registration. */
import { ALL, must, section, should, type Section } from './requirement.js';

export const operation: readonly Section[] = [
  section('14', 'Operation and audit', {
    1: must('F4 A2 A5 A6', 'A command is answered within 250 ms', {
      outside: 'Depends on the practice system behind; the benchmark shows our share (performance guide)',
    }),
    2: must('F1 F2 F3 A1 A3 A4', 'A query is answered within 3,000 ms', {
      outside: 'Depends on the practice system behind; the benchmark shows our share (performance guide)',
    }),
    3: should(ALL, 'Load, ramp and soak are measured with realistic data', {
      outside: 'Measured at the installation; the benchmark gives the tools',
    }),
    4: must(ALL, 'A practice switches each capability on for itself'),
    5: must(ALL, 'Every capability is off until the practice has switched it on'),
    6: must(ALL, 'Every change of a switch is audited'),
    7: must(ALL, 'What is off is 403 ACCESS DENIED'),
    8: must(ALL, 'Every request is audited, refused ones with their error code'),
    9: must(ALL, 'The audit cannot be switched off: what cannot be audited is not answered'),
    10: must(ALL, 'An audit event names user, role, organisation, device, time, interaction and what was touched'),
    11: must(ALL, 'A number in sequence shows when an audit event was changed or taken away'),
    12: must(ALL, 'The user is shown as the token named them at that time'),
    13: must('F4 A2 A5 A6', 'Who made a change through the API, when and from which organisation can be told'),
    14: must(ALL, 'Versions of the API run beside each other', {
      outside: 'There is one major version so far; the path keeps the place of the next',
    }),
    15: must(ALL, 'Records are kept as long as the framework agreement says', {
      outside: 'An agreement between practice and supplier; nothing here deletes a record',
    }),
    16: must(ALL, 'Availability, capacity and recovery are as agreed', {
      outside: 'An agreement between practice and supplier',
    }),
    17: must(ALL, 'The clinical safety standards for making and installing are followed', {
      outside: 'Work of people with a hazard log',
    }),
    18: must(ALL, 'User interfaces follow the standards of accessibility', {
      outside: 'The API has none',
    }),
  }),

  section('15', 'Registration and routing', {
    1: must(ALL, 'Every practice has an ASID of its own'),
    2: must(ALL, 'The endpoint and its interaction ids are registered in the directory', {
      outside: 'Done by the operator in the Spine directory',
    }),
    3: must(ALL, 'All roots of one capability speak the same version of FHIR'),
    4: must(ALL, 'The interaction that is declared has to be a likely one for the request'),
    5: must(ALL, 'Ssp-From belongs to the organisation that asks'),
  }),
];
