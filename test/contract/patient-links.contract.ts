/** What every ledger promises of the links between NHS numbers and practice patients (`src/ports/ledger.ts`). */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PatientId } from '../../src/domain/identifiers.js';
import type { AuditTrail } from '../../src/ports/audit.js';
import type { Ledger } from '../../src/ports/ledger.js';
import { linkEvent, NHS_NUMBER, OTHER_NHS_NUMBER, patientLink, PRACTICE } from '../records/samples.js';
import type { RecordsUnderTest } from './ledger.contract.js';

export function patientLinksContract(name: string, open: () => Promise<RecordsUnderTest>): void {
  describe(`patient links contract: ${name}`, () => {
    let records: RecordsUnderTest;
    let ledger: Ledger;
    let audit: AuditTrail;
    beforeEach(async () => {
      records = await open();
      ({ ledger, audit } = records);
    });
    afterEach(() => records.dispose());

    it('are found by NHS number and by id', async () => {
      const saved = await ledger.savePatientLink(patientLink(), linkEvent);
      expect(saved).toEqual({ ...patientLink(), version: 1 });
      expect(await ledger.findPatientLink(PRACTICE, NHS_NUMBER)).toEqual(saved);
      expect(await ledger.readPatientLink(PRACTICE, patientLink().id)).toEqual(saved);
      expect(await ledger.findPatientLink(PRACTICE, OTHER_NHS_NUMBER)).toBeUndefined();
    });

    it('keep what is absent absent', async () => {
      const bare = patientLink({
        practiceRef: undefined,
        tracedAt: undefined,
        temporaryRegistration: undefined,
        registered: undefined,
        status: 'untraced',
      });
      await ledger.savePatientLink(bare, linkEvent);
      expect(await ledger.readPatientLink(PRACTICE, bare.id)).toEqual({ ...bare, version: 1 });
    });

    it('are made once for an NHS number of a practice', async () => {
      const saved = await Promise.all(
        Array.from({ length: 50 }, (_, n) =>
          ledger.savePatientLink(patientLink({ id: `link-${n}` as PatientId }), linkEvent),
        ),
      );
      expect(saved.filter((each) => each !== undefined)).toHaveLength(1);
      expect(await audit.rows(1, 100)).toHaveLength(1);
    });

    it('are replaced only at the version that was read', async () => {
      const first = await ledger.savePatientLink(patientLink({ practiceRef: undefined }), linkEvent);
      if (!first) throw new Error('not saved');
      const second = await ledger.savePatientLink({ ...first, practiceRef: patientLink().practiceRef }, linkEvent);
      expect(second).toEqual({ ...patientLink(), version: 2 });
      expect(await ledger.savePatientLink({ ...first, status: 'untraced' }, linkEvent)).toBeUndefined();
      expect(await ledger.readPatientLink(PRACTICE, first.id)).toEqual(second);
    });
  });
}
