import type { Ledger } from '@nightshift/ledger';
import { Gauge, type Registry } from 'prom-client';

/**
 * The log that Postgres keeps for change capture, also while no data service is there to say so. Only where ledger and data are one
 * database; elsewhere there is no such metric.
 */
export const addSlotMetric = (registry: Registry, ledger: Pick<Ledger, 'retainedLog'>): void => {
  new Gauge({
    name: 'nightshift_slot_retained_wal_bytes',
    help: 'Log that Postgres keeps on disk for the slot',
    labelNames: ['slot'],
    registers: [registry],
    async collect() {
      this.reset();
      // Postgres that is away is told of elsewhere; metrics must be readable then.
      const slots = await ledger.retainedLog().catch(() => []);
      for (const { slot, bytes } of slots) this.set({ slot }, bytes);
    },
  });
};
