/** The targets by name. Each is loaded when it is asked for, so that coverage can begin before. */
import type { Target } from './target.js';

export const TARGETS = {
  'json-body': async () => (await import('./bodies.js')).jsonBody,
  'xml-body': async () => (await import('./bodies.js')).xmlBody,
  token: async () => (await import('./token.js')).token,
  'hmis-sessions': async () => (await import('./hmis.js')).hmisSessions,
  'hmis-bookings': async () => (await import('./hmis.js')).hmisBookings,
  'hmis-patients': async () => (await import('./hmis.js')).hmisPatients,
  'pds-patient': async () => (await import('./pds.js')).pdsPatient,
  'slot-search': async () => (await import('./query.js')).slotSearch,
} as const satisfies Record<string, () => Promise<Target>>;

export type TargetName = keyof typeof TARGETS;
export const TARGET_NAMES = Object.keys(TARGETS) as readonly TargetName[];

/** `planted` is the engine's own test, and none of a run of all. */
export async function loadTarget(name: string): Promise<Target> {
  if (name === 'planted') return (await import('./planted.js')).planted;
  if (!(name in TARGETS)) throw new Error(`no such target; there are: ${TARGET_NAMES.join(', ')}`);
  return TARGETS[name as TargetName]();
}
