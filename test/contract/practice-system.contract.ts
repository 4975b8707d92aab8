/**
 * What every `PracticeSystem` promises (`src/ports/practice-system.ts`), tried out over its simulator. A connector is
 * excused from a test by the test's full title and with a reason.
 */
import { describe, expect, it } from 'vitest';
import { appointmentTests, cancelTests, lookUpTests } from './practice-system/appointments.js';
import { bookingTests } from './practice-system/booking.js';
import type { SimulatedPractice, Test } from './practice-system/harness.js';
import { listingTests, placeTests } from './practice-system/listing.js';
import { patientTests, privacyTests } from './practice-system/patients.js';

export {
  CONTRACT_TIMEOUTS,
  type KnownPatient,
  type Operation,
  type SimulatedPractice,
} from './practice-system/harness.js';

export interface Excuse {
  readonly reason: string;
  readonly tests: readonly string[];
}

const FACETS = {
  'free slots': listingTests,
  places: placeTests,
  booking: bookingTests,
  'looking up': lookUpTests,
  appointments: appointmentTests,
  cancelling: cancelTests,
  patients: patientTests,
  privacy: privacyTests,
} satisfies Record<string, (test: Test) => void>;

/** `factory` makes a fresh practice over a fresh simulator for each test, with `CONTRACT_TIMEOUTS`. */
export function describePracticeSystem(
  name: string,
  factory: () => Promise<SimulatedPractice>,
  options: { readonly skip?: readonly Excuse[] } = {},
): void {
  const excused = new Set((options.skip ?? []).flatMap(({ tests }) => tests));
  const titles = new Set<string>();

  describe(`practice system contract: ${name}`, () => {
    for (const [facet, tests] of Object.entries(FACETS)) {
      describe(facet, () => {
        tests((title, run) => {
          titles.add(title);
          if (excused.has(title)) return;
          it(title, async () => {
            const practice = await factory();
            try {
              await run(practice);
            } finally {
              await practice.close();
            }
          });
        });
      });
    }

    it('excuses only tests there are, each with a reason', () => {
      for (const title of excused) expect(titles).toContain(title);
      for (const { reason } of options.skip ?? []) expect(reason.length).toBeGreaterThan(10);
    });
  });
}
