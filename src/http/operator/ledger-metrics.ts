/** What the ledger says of itself, at the moment of a scrape. */
import { Counter, Gauge, type Registry } from 'prom-client';
import { HINDRANCES, type LedgerCondition } from '../../ports/ledger-condition.js';
import { SECOND } from '../../domain/time.js';

export function registerLedgerMetrics(registry: Registry, condition: () => LedgerCondition): void {
  const registers = [registry];
  new Gauge({
    name: 'slotbridge_ledger_hindrance',
    help: '1 while no booking and no cancellation is begun, for this reason.',
    labelNames: ['reason'],
    registers,
    collect() {
      const { hindrance } = condition();
      for (const reason of HINDRANCES) this.set({ reason }, reason === hindrance ? 1 : 0);
    },
  });
  new Counter({
    name: 'slotbridge_ledger_shed_total',
    help: 'Bookings and cancellations that were not begun because of the ledger.',
    labelNames: ['reason'],
    registers,
    collect() {
      const { shed } = condition();
      this.reset();
      for (const reason of HINDRANCES) this.inc({ reason }, shed.get(reason) ?? 0);
    },
  });
  new Gauge({
    name: 'slotbridge_ledger_commit_seconds',
    help: 'Duration of the commits of the last five seconds; 0 where there were too few.',
    labelNames: ['quantile'],
    registers,
    collect() {
      this.set({ quantile: '0.95' }, (condition().commitP95Ms ?? 0) / SECOND);
    },
  });
}
