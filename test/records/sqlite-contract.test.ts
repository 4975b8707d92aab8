import { appointmentsContract } from '../contract/appointments.contract.js';
import { auditContract } from '../contract/audit.contract.js';
import { durableLedgerContract, ledgerContract } from '../contract/ledger.contract.js';
import { patientLinksContract } from '../contract/patient-links.contract.js';
import { retentionContract } from '../contract/retention.contract.js';
import { openInFile, openInMemory } from './sqlite-files.js';

ledgerContract('SQLite file', openInFile);
ledgerContract('SQLite in memory', openInMemory);
durableLedgerContract('SQLite file', openInFile);
patientLinksContract('SQLite file', openInFile);
patientLinksContract('SQLite in memory', openInMemory);
auditContract('SQLite file', openInFile);
auditContract('SQLite in memory', openInMemory);
appointmentsContract('SQLite file', openInFile);
appointmentsContract('SQLite in memory', openInMemory);
retentionContract('SQLite file', openInFile);
