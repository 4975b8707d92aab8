/**
 * Stands where a place has no national register of patients. Every trace says so, and the core decides what it may
 * still do: registration then rests on what the consumer sent.
 */
import type { Demographics } from '../ports/demographics.js';

export function createNoDemographics(): Demographics {
  return {
    trace: () => Promise.resolve({ outcome: 'no-register' }),
    close: () => Promise.resolve(),
  };
}
