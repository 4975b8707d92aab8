/** Patients of the documented API: search by one identifier, registration without a promise of a duplicate check. */
import { z } from 'zod';
import type { SimulatedAnswer } from '../../simulation/messages.js';
import type { HmisState, Patient } from './state.js';
import { HmisRefusal, created, patientToWire, success } from './wire.js';

type Test = (patient: Patient, wanted: string) => boolean;

const SEARCHES: Readonly<Record<string, Test>> = {
  phone: (patient, wanted) => patient.phone === wanted || patient.mobile === wanted,
  nic: (patient, wanted) => patient.nic === wanted,
  phn: (patient, wanted) => patient.phn === wanted,
  code: (patient, wanted) => patient.code === wanted,
  patientId: (patient, wanted) => String(patient.id) === wanted,
  name: (patient, wanted) => patient.name === wanted,
};

/** No match is an empty list, not a 404. */
export function searchPatients(state: HmisState, query: URLSearchParams): SimulatedAnswer {
  const asked = Object.entries(SEARCHES).flatMap(([name, matches]) => {
    const wanted = query.get(name);
    return wanted === null || wanted === '' ? [] : [{ matches, wanted }];
  });
  if (asked.length === 0) throw new HmisRefusal(400, 'One of phone, nic, phn, code, patientId or name is required');
  const found = state.patients.filter((patient) => asked.every(({ matches, wanted }) => matches(patient, wanted)));
  return success(found.map(patientToWire));
}

const member = z.string().nullish();

/** Only the name is certainly mandatory; unknown members are ignored, as the vendor's JSON reader does. */
const NewPatientSchema = z.object({
  name: z.string().trim().min(1),
  title: member,
  sex: member,
  dob: z
    .string()
    .regex(/^\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}:\d{2})?$/)
    .refine((text) => z.iso.date().safeParse(text.slice(0, 10)).success)
    .nullish(),
  phone: member,
  mobile: member,
  email: member,
  nic: member,
  phn: z.string().max(15).nullish(),
  code: member,
  address: member,
});

export function registerPatient(state: HmisState, body: unknown): SimulatedAnswer {
  const parsed = NewPatientSchema.safeParse(body);
  if (!parsed.success) {
    const wrong = parsed.error.issues[0]?.path.join('.');
    throw new HmisRefusal(400, `Missing or invalid ${wrong === undefined || wrong === '' ? 'body' : wrong}`);
  }
  const { dob, ...rest } = parsed.data;
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null && value !== undefined));
  const known = rest.phn ? state.patients.find((patient) => patient.phn === rest.phn) : undefined;
  if (state.knobs.alreadyExists && known) {
    // Outside the envelope, as other resources of this API family do it.
    return { status: 200, body: { status: 'already_exists', id: known.id, name: known.name } };
  }
  const id = state.patients.reduce((highest, patient) => Math.max(highest, patient.id), 0) + 1;
  const patient: Patient = {
    ...given,
    id,
    name: rest.name,
    status: 'active',
    ...(dob ? { dob: dob.slice(0, 10) } : {}),
  };
  state.patients.push(patient);
  return created(patientToWire(patient), state);
}
