/**
 * Header and body files for curl. A GP Connect request carries five headers and a token that lives five minutes, so the
 * demo keeps files with fresh ones while it runs: `curl -H @file`.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from 'fhir-kit-client';
import { consumerHeaders, type InteractionName } from './consumer.js';
import { bookingOf, registrationOf, slotsOf, entriesOf } from './resources.js';
import { slotQuery, type DemoBooking } from './sessions.js';
import type { Show } from './show.js';

const FOLDER = join('.slotbridge', 'demo');
const RENEW_MS = 60_000;
const NHS_NUMBER = 'https%3A%2F%2Ffhir.nhs.uk%2FId%2Fnhs-number%7C';
const PATIENT = '9990000026';
const UNREGISTERED = { nhsNumber: '9991000046', family: 'Zielona', given: 'Katarzyna', birthDate: '1965-11-30' };

const FILES: Readonly<Record<string, InteractionName>> = {
  metadata: 'metadata',
  'find-patient': 'findPatient',
  'read-patient': 'readPatient',
  register: 'registerPatient',
  slots: 'searchSlots',
  book: 'book',
  'read-appointment': 'readAppointment',
};

export interface CurlFiles {
  stop(): void;
}

function writeHeaders(name: string, headers: Record<string, string>): void {
  const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}`);
  writeFileSync(join(FOLDER, `${name}.headers`), `${lines.join('\n')}\n`);
}

/** Answers the id of the patient that the files speak of. */
async function writeBodies(baseUrl: string, asid: string): Promise<string> {
  const client = new Client({ baseUrl });
  const headersFor = (interaction: InteractionName): { headers: Record<string, string> } => ({
    headers: consumerHeaders(baseUrl, asid, interaction, Date.now()),
  });
  const slots = slotsOf(
    await client.search({ resourceType: 'Slot', searchParams: slotQuery(), options: headersFor('searchSlots') }),
  );
  const found = await client.search({
    resourceType: 'Patient',
    searchParams: { identifier: `https://fhir.nhs.uk/Id/nhs-number|${PATIENT}` },
    options: headersFor('findPatient'),
  });
  const patientId = entriesOf(found)[0]?.resource.id;
  const [slot] = slots;
  if (slot && patientId !== undefined) {
    const created = `${new Date().toISOString().slice(0, 19)}+00:00`;
    const body = bookingOf(slot, patientId, 'Booked with curl', created);
    writeFileSync(join(FOLDER, 'book.json'), JSON.stringify(body, null, 2));
  }
  writeFileSync(join(FOLDER, 'register.json'), JSON.stringify(registrationOf(UNREGISTERED), null, 2));
  return patientId ?? '{id}';
}

/** Writes the files, prints the commands, and keeps the tokens fresh until stopped. */
export async function offerCurl(gatewayUrl: string, bookings: readonly DemoBooking[], show: Show): Promise<CurlFiles> {
  const baseUrl = `${gatewayUrl}/A99901/STU3/1/gpconnect`;
  const asid = '200000009901';
  mkdirSync(FOLDER, { recursive: true });
  const renew = (): void => {
    for (const [name, interaction] of Object.entries(FILES)) {
      writeHeaders(name, consumerHeaders(baseUrl, asid, interaction, Date.now()));
    }
    writeHeaders(
      'federation',
      consumerHeaders(`${gatewayUrl}/federation/north/STU3/1/gpconnect`, '200000009900', 'searchSlots', Date.now()),
    );
  };
  renew();
  const patientId = await writeBodies(baseUrl, asid);
  const appointmentId = bookings.find(({ practice }) => practice === 'A99901')?.appointmentId ?? '{id}';
  const timer = setInterval(renew, RENEW_MS);

  const query = slotQuery();
  const window = `status=free&start=${String(query['start'])}&end=${String(query['end'])}&_include=Slot:schedule`;
  const post = "-H 'Content-Type: application/fhir+json' --data";
  show.heading('Try it with curl, from this folder, while the demo runs');
  const examples: readonly [string, string][] = [
    ['what is served', `curl -H @${FOLDER}/metadata.headers '${baseUrl}/metadata'`],
    ['free slots', `curl -H @${FOLDER}/slots.headers '${baseUrl}/Slot?${window}'`],
    [
      'free slots of three practices',
      `curl -H @${FOLDER}/federation.headers '${gatewayUrl}/federation/north/STU3/1/gpconnect/Slot?${window}'`,
    ],
    [
      'find a patient',
      `curl -H @${FOLDER}/find-patient.headers '${baseUrl}/Patient?identifier=${NHS_NUMBER}${PATIENT}'`,
    ],
    [
      'register a patient',
      `curl -H @${FOLDER}/register.headers ${post} @${FOLDER}/register.json '${baseUrl}/Patient/$gpc.registerpatient'`,
    ],
    ['book', `curl -i -H @${FOLDER}/book.headers ${post} @${FOLDER}/book.json '${baseUrl}/Appointment'`],
    ['read a patient', `curl -H @${FOLDER}/read-patient.headers '${baseUrl}/Patient/${patientId}'`],
    ['read an appointment', `curl -H @${FOLDER}/read-appointment.headers '${baseUrl}/Appointment/${appointmentId}'`],
  ];
  for (const [what, command] of examples) {
    show.detail(`# ${what}`);
    show.say(`  ${command}`);
  }
  return {
    stop() {
      clearInterval(timer);
      rmSync(FOLDER, { recursive: true, force: true });
    },
  };
}
