/** What the practice systems themselves have on their books, asked over their own API. */
import type { DemoBooking } from './sessions.js';
import { DemoStepFailed } from './consumer.js';
import type { Show } from './show.js';
import type { Installation } from './surroundings.js';

interface ListedBooking {
  readonly bookingId: number;
  readonly serialNo: number;
  readonly status: string;
  readonly institutionId: number;
  readonly consultantName?: string;
  readonly appointmentAt: string;
}

async function ask<T>({ simulation, key }: Installation, path: string): Promise<T> {
  const response = await fetch(`${simulation.url}/rh/api/${path}`, { headers: { Finance: key } });
  const { data } = (await response.json()) as { data?: T };
  if (!response.ok || data === undefined) throw new DemoStepFailed(`the practice system answered ${response.status}`);
  return data;
}

async function bookingsOf(installation: Installation, nhsNumber: string): Promise<readonly ListedBooking[]> {
  const patients = await ask<readonly { readonly id: number }[]>(installation, `patients/search?phn=${nhsNumber}`);
  const lists = await Promise.all(
    patients.map(({ id }) => ask<readonly ListedBooking[]>(installation, `channel/bookings/patient/${id}`)),
  );
  return lists.flat();
}

const INSTALLATION_OF: Readonly<Record<string, string>> = {
  A99901: 'riverside',
  A99902: 'riverside',
  A99903: 'hillside',
};

/** Shows each booking as the practice system lists it; throws `DemoStepFailed` unless there is exactly one of each. */
export async function showProof(
  installations: readonly Installation[],
  bookings: readonly DemoBooking[],
  show: Show,
): Promise<void> {
  show.heading("What the practices' own systems have on their books");
  const rows: string[][] = [['system', 'booking', 'status', 'at', 'with', 'token', 'appointment']];
  for (const { practice, nhsNumber, appointmentId, start } of bookings) {
    const installation = installations.find(({ name }) => name === INSTALLATION_OF[practice]);
    const listed = installation ? await bookingsOf(installation, nhsNumber) : [];
    const [only, ...more] = listed.filter(({ status }) => status === 'ACTIVE');
    if (!installation || !only || more.length > 0) {
      throw new DemoStepFailed(
        `expected one booking for Appointment/${appointmentId}, found ${more.length + (only ? 1 : 0)}`,
      );
    }
    if (only.appointmentAt.slice(0, 16) !== start.slice(0, 16).replace('T', ' ')) {
      throw new DemoStepFailed(`Appointment/${appointmentId} has another time in the practice system`);
    }
    rows.push([
      `${installation.name} (${practice})`,
      String(only.bookingId),
      only.status,
      only.appointmentAt.slice(0, 16),
      only.consultantName ?? '',
      String(only.serialNo),
      appointmentId,
    ]);
  }
  show.table(rows);
}
