/** Who may ask for what, and where: decided here and nowhere else, before anything is asked of the core. */
import type { GroupEntry, PracticeEntry } from '../../core/directory.js';
import type { AccessRules, Caller, Consumer } from '../../domain/caller.js';
import { GatewayError } from '../../domain/errors.js';

export interface AllowList {
  /** Throws unless this caller may ask this of this practice. `names`: of its certificate, where there is one. */
  admit(caller: Caller, names: readonly string[] | undefined, entry: PracticeEntry): void;
  /** The group with those of its practices that take the caller's calls; the others are named as barred. */
  admitToGroup(caller: Caller, names: readonly string[] | undefined, group: GroupEntry): GroupEntry;
}

function denied(message: string, practice?: string): GatewayError {
  return new GatewayError('access-denied', message, practice === undefined ? {} : { practice });
}

export function createAllowList({ consumers, practices }: AccessRules): AllowList {
  const known = new Map<string, Consumer>(
    consumers === 'any' ? [] : consumers.map((consumer) => [consumer.asid, consumer]),
  );
  const owned = new Set([...known.values()].flatMap(({ certificates }) => certificates));

  /** A certificate that is some consumer's own speaks for those only who name it. */
  function fits({ certificates }: Consumer, names: readonly string[] | undefined): boolean {
    if (certificates.length > 0) return names?.some((name) => certificates.includes(name)) ?? false;
    return !names?.some((name) => owned.has(name));
  }

  function checkConsumer(caller: Caller, names: readonly string[] | undefined): void {
    if (consumers === 'any') return;
    const consumer = known.get(caller.asid);
    if (!consumer) throw denied('The consumer with the ASID in Ssp-From is not allowed here');
    // `Ssp-From` SHALL be the ASID of the organisation that really asks: it belongs to the certificate.
    if (!fits(consumer, names)) {
      throw new GatewayError('bad-request', 'Ssp-From is not an ASID of the certificate presented', {
        fhirPath: 'Ssp-From',
      });
    }
    if (consumer.interactions !== 'any' && !consumer.interactions.includes(caller.interactionId)) {
      throw denied('The consumer with the ASID in Ssp-From is not allowed this interaction');
    }
    if (consumer.organisations !== 'any' && !consumer.organisations.includes(caller.organisation.odsCode)) {
      throw denied(
        'The consumer with the ASID in Ssp-From does not act for the organisation in claim requesting_organization',
      );
    }
  }

  const takes = ({ practice }: PracticeEntry, caller: Caller): boolean =>
    practices.get(practice.odsCode)?.includes(caller.asid) ?? true;

  return {
    admit(caller, names, entry) {
      checkConsumer(caller, names);
      if (!takes(entry, caller)) throw denied('This practice does not take calls of the consumer in Ssp-From');
    },
    admitToGroup(caller, names, group) {
      checkConsumer(caller, names);
      const entries = group.entries.filter((entry) => takes(entry, caller));
      if (entries.length === 0) {
        throw denied('No practice of this group takes calls of the consumer in Ssp-From');
      }
      const barred = group.entries
        .filter((entry) => !takes(entry, caller))
        .map(({ practice }) => ({
          practice,
          error: denied('it does not take calls of the consumer in Ssp-From', practice.odsCode),
        }));
      return { ...group, entries, barred };
    },
  };
}
