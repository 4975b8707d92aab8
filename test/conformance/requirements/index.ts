import { appointments } from './appointments.js';
import { directory } from './directory.js';
import { errors } from './errors.js';
import { http } from './http.js';
import { interactions } from './interactions.js';
import { operation } from './operation.js';
import { patients } from './patients.js';
import { population } from './population.js';
import { profiles } from './profiles.js';
import type { Requirement, Section } from './requirement.js';
import { slots } from './slots.js';
import { token } from './token.js';
import { transport } from './transport.js';

export { checklist } from './checklist.js';
export { contradictions, type Contradiction } from './contradictions.js';
export { INTERACTIONS, type Level, type Requirement, type Section } from './requirement.js';
export { stillToCome, undecided } from './still-to-come.js';

/** In the order of their numbers. */
export const sections: readonly Section[] = [
  http,
  transport,
  token,
  errors,
  interactions,
  patients,
  directory,
  slots,
  appointments,
  population,
  operation,
  profiles,
]
  .flat()
  .sort((one, other) => one.id.localeCompare(other.id, 'en', { numeric: true }));

/** Every rule by its id, such as `4.1-2`. */
export const requirements: ReadonlyMap<string, Requirement> = new Map(
  sections.flatMap(({ id, rules }) =>
    Object.entries(rules).map(([number, rule]) => [`${id}-${number}`, rule] as const),
  ),
);
