/** What is validated: answers of the gateway from its fixtures, and examples of the profiles. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

type Json = Readonly<Record<string, unknown>>;

export interface Resources {
  /** With its contained organisation, three extensions and three participants. */
  readonly appointment: Json;
  readonly patient: Json;
  /** One slot a hundred times over, each with an id and a time of its own. */
  readonly slotBundle: Json;
}

const ROOT = resolve(import.meta.dirname, '../..');
const SLOTS = 100;
const FIRST_START = Date.UTC(2027, 5, 14, 8);
const SLOT_MS = 600_000;

function read(file: string): Json {
  return JSON.parse(readFileSync(join(ROOT, file), 'utf8')) as Json;
}

const EXAMPLES = 'profiles/r4/examples/UKCore';

export function readResources(release: 'stu3' | 'r4'): Resources {
  return release === 'stu3' ? readGpConnect() : readUkCore();
}

function readGpConnect(): Resources {
  const bundle = read('fixtures/stu3/search-for-free-slots/nothing-included.expected.json');
  const [first] = bundle['entry'] as readonly { readonly resource: Json }[];
  return {
    appointment: read('fixtures/stu3/read-an-appointment/booked.expected.json'),
    patient: read('profiles/stu3/examples/CareConnect-GPC-Patient-1.registered.json'),
    slotBundle: ofSlots(first?.resource ?? {}),
  };
}

function readUkCore(): Resources {
  return {
    appointment: read(`${EXAMPLES}-Appointment.rich.json`),
    patient: read(`${EXAMPLES}-Patient.rich.json`),
    slotBundle: ofSlots(read(`${EXAMPLES}-Slot.rich.json`)),
  };
}

function ofSlots(slot: Json): Json {
  const instant = (index: number): string => {
    const time = new Date(FIRST_START + index * SLOT_MS).toISOString();
    return `${time.slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}+00:00`;
  };
  const entry = Array.from({ length: SLOTS }, (_, index) => {
    const times = { start: instant(index), end: instant(index + 1) };
    return { resource: { ...slot, id: `slot-${String(index)}`, ...times } };
  });
  return { resourceType: 'Bundle', type: 'searchset', entry };
}
