import { afterAll, beforeAll, describe } from 'vitest';
import { appointmentsContract } from '../../contract/appointments.contract.js';
import { auditContract } from '../../contract/audit.contract.js';
import { durableLedgerContract, ledgerContract } from '../../contract/ledger.contract.js';
import { patientLinksContract } from '../../contract/patient-links.contract.js';
import { retentionContract } from '../../contract/retention.contract.js';
import { startPostgres, withoutPostgres, type PostgresServer } from '../../support/postgres.js';
import { openInSchema } from './schemas.js';

describe.skipIf(withoutPostgres)(`PostgreSQL ${withoutPostgres ?? ''}`, () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres();
  }, 120_000);
  afterAll(() => server.remove());
  const open = () => openInSchema(server);

  ledgerContract('PostgreSQL', open);
  durableLedgerContract('PostgreSQL', open);
  patientLinksContract('PostgreSQL', open);
  auditContract('PostgreSQL', open);
  appointmentsContract('PostgreSQL', open);
  retentionContract('PostgreSQL', open);
});
