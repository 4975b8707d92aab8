/**
 * The national register of patients. `connectors/pds` speaks to the NHS Personal Demographics Service;
 * `connectors/no-demographics.ts` stands where there is none.
 */
import type { NhsNumber } from '../domain/identifiers.js';
import type { PatientDemographics } from '../domain/patient.js';

export type Trace =
  | { readonly outcome: 'found'; readonly demographics: PatientDemographics }
  | { readonly outcome: 'not-found' }
  /** The register marks the number itself as invalid. */
  | { readonly outcome: 'invalid' }
  /** The person has another NHS number now; we never follow it in silence. */
  | { readonly outcome: 'superseded' }
  /** Flagged so that nothing about the person may be disclosed. */
  | { readonly outcome: 'sensitive' }
  | { readonly outcome: 'deceased' }
  /** There is no register to ask at this place. */
  | { readonly outcome: 'no-register' };

export interface Demographics {
  /** Throws `GatewayError` `demographics-unavailable` when the register cannot be reached or makes no sense. */
  trace(nhsNumber: NhsNumber, call: { readonly signal: AbortSignal; readonly traceId: string }): Promise<Trace>;
  close(): Promise<void>;
}
