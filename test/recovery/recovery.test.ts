/** What was left open is settled by itself, over HTTP and with everything on; how soon is `npm run test:recovery`. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OPEN_STATES } from '../../src/ports/ledger.js';
import { PRACTICE } from '../records/samples.js';
import { startTestGateway } from '../support/gateway.js';
import { fillLedger, openInOutage, timeUntil } from './outage.js';

it('a practice that goes away with open bookings is asked for one of them at a time, and for all when it is back', async () => {
  const outage = await openInOutage('status 503', 3);
  try {
    const before = outage.lookUps();
    await timeUntil(() => outage.lookUps() >= before + 2);
    expect(new Set(await outage.statesOf())).toEqual(new Set(['CONFIRM_OPEN']));
    outage.end();
    await timeUntil(async () => (await outage.statesOf()).every((state) => state === 'BOOKED'));
    const { hmis } = outage.test.riverside;
    expect(hmis.bookings().filter(({ cancelled, retired }) => !cancelled && !retired)).toHaveLength(3);
  } finally {
    await outage.stop();
  }
}, 60_000);

it('a gateway that finds many open attempts is ready before they are settled, and forgets none', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'slotbridge-recovery-'));
  try {
    const ledgerFile = join(folder, 'ledger.sqlite');
    await fillLedger(ledgerFile, 200);
    const test = await startTestGateway({ ledgerFile });
    const { gateway, url } = test;
    try {
      expect((await fetch(`${url}/readyz`)).status).toBe(200);
      const open = await gateway.records.ledger.openAttempts();
      expect(open).toHaveLength(200);
      expect(open.every(({ state, practice }) => OPEN_STATES.has(state) && practice === PRACTICE)).toBe(true);
    } finally {
      await test.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
