/**
 * Find and read the practice's own organisation, its practitioners and its sites. All of it is configuration: the
 * practice system is never asked, and nothing of another practice is ever told.
 */
import { GatewayError } from '../domain/errors.js';
import type { SdsUserId } from '../domain/identifiers.js';
import type { Location, Practice, Practitioner } from '../domain/practice.js';
import { requireEnabled, type Request } from './context.js';
import { findLocation, findPractitioner } from './directory.js';

export function searchPractitioners(request: Request, sdsUserId: SdsUserId): readonly Practitioner[] {
  requireEnabled(request, 'foundations');
  return request.entry.practice.practitioners.filter((practitioner) => practitioner.sdsUserId === sdsUserId);
}

export function readPractitioner(request: Request, id: string): Practitioner {
  requireEnabled(request, 'foundations');
  const practitioner = findPractitioner(request.entry.practice, id);
  if (practitioner) return practitioner;
  throw new GatewayError(
    'practitioner-not-found',
    'No practitioner with this id at this practice. Take the id from a slot search or find the practitioner',
  );
}

/** Each practice answers for itself alone: the ODS code of another one, even if it is served here, matches nothing. */
export function searchOrganisations(request: Request, odsCode: string): readonly Practice[] {
  requireEnabled(request, 'foundations');
  const { practice } = request.entry;
  return practice.odsCode === odsCode ? [practice] : [];
}

/** `id` is the logical id of the organisation, which is its ODS code. */
export function readOrganisation(request: Request, id: string): Practice {
  requireEnabled(request, 'foundations');
  const { practice } = request.entry;
  if (practice.odsCode === id) return practice;
  throw new GatewayError(
    'organisation-not-found',
    'No organisation with this id at this practice. Find the organisation, or take the id from a reference',
  );
}

export function readLocation(request: Request, id: string): Location {
  requireEnabled(request, 'foundations');
  const location = findLocation(request.entry.practice, id);
  if (location) return location;
  throw new GatewayError(
    'record-not-found',
    'No location with this id at this practice. Take the id from a slot search or from a patient',
  );
}
