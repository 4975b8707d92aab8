/** The fifteen interactions: address, interaction id, scope, status of success. */
import { ALL, must, section, type Section } from './requirement.js';

const served = (where: string, request: string, id: string, scope: string, status = 200): ReturnType<typeof must> =>
  must(where, `${request} with ${id} and ${scope} is answered with ${status}`);

export const interactions: readonly Section[] = [
  section('8', 'Interactions', {
    1: served('F1', 'GET /metadata', 'read:metadata-1', 'organization/*.read'),
    2: served('F2', 'GET /Patient', 'search:patient-1', 'patient/*.read'),
    3: served('F3', 'GET /Patient/{id}', 'read:patient-1', 'patient/*.read'),
    4: served('F4', 'POST /Patient/$gpc.registerpatient', 'gpc.registerpatient-1', 'patient/*.write'),
    5: served('F5', 'GET /Practitioner', 'search:practitioner-1', 'organization/*.read'),
    6: served('F6', 'GET /Practitioner/{id}', 'read:practitioner-1', 'organization/*.read'),
    7: served('F7', 'GET /Organization', 'search:organization-1', 'organization/*.read'),
    8: served('F8', 'GET /Organization/{id}', 'read:organization-1', 'organization/*.read'),
    9: served('F9', 'GET /Location/{id}', 'read:location-1', 'organization/*.read'),
    10: served('A1', 'GET /Slot', 'search:slot-1', 'organization/*.read'),
    11: served('A2', 'POST /Appointment', 'create:appointment-1', 'patient/*.write', 201),
    12: served('A3', 'GET /Patient/{id}/Appointment', 'search:patient_appointments-1', 'patient/*.read'),
    13: served('A4', 'GET /Appointment/{id}', 'read:appointment-1', 'patient/*.read'),
    14: served('A5', 'PUT /Appointment/{id}', 'update:appointment-1', 'patient/*.write'),
    15: served('A6', 'PUT /Appointment/{id}', 'cancel:appointment-1', 'patient/*.write'),
    16: must(ALL, 'Slot and Schedule cannot be read, a Location cannot be searched for, nothing can be deleted'),
  }),
];
