import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consumers, streams, subjects, type ChangeEvent, type ChangeGapEvent, type Thing } from '@nightshift/contracts';
import { migrateData, openCapture, openData, type Capture, type Data } from '@nightshift/data';
import { connectBus, type Bus, type Delivered, type RunningConsumer } from '@nightshift/messaging';
import { makeLogger } from '@nightshift/runtime';
import {
  freePorts,
  startNatsServer,
  startPostgres,
  waitFor,
  type NatsServer,
  type Postgres,
} from '@nightshift/testing';
import pg from 'pg';
import { Registry } from 'prom-client';

export const slot = 'nightshift_changes';
const logger = makeLogger({ app: 'data', level: process.env.TEST_LOG_LEVEL ?? 'silent' });

/** Capture in this process, on a Postgres and a nats-server of its own, with a listener in place of the trigger service. */
export interface CaptureStage {
  readonly postgres: Postgres;
  readonly nats: NatsServer;
  /** Of the data service's login. */
  readonly url: string;
  readonly data: Data;
  readonly bus: Bus;
  /** As the superuser. */
  readonly sql: pg.Client;
  readonly captures: { capture: Capture; registry: Registry }[];
  connectSql(url?: string): Promise<pg.Client>;
  /** Replaces `sql`, whose server was away. */
  reconnectSql(): Promise<void>;
  openOne(options?: { limitBytes?: number }): Promise<Capture>;
  someoneReads(): boolean;
  actAsTrigger(): Promise<void>;
  stopTrigger(): Promise<void>;
  /** Forgets the events. */
  clear(): void;
  /** In the order of their first coming, repeats taken out: as the trigger service does by the run's id. */
  once(): ChangeEvent[];
  eventsOf(type: string): ChangeEvent['data'][];
  gaps(): ChangeGapEvent[];
  seen(type: string, count: number, timeoutMs?: number): Promise<unknown>;
  create(type: string, fields: object, more?: object): Promise<Thing>;
  /** All metrics of all captures. */
  metrics(): Promise<string>;
  confirmedLag(): Promise<number>;
  close(): Promise<void>;
}

export interface CaptureStageOptions {
  /** Settings of Postgres. */
  settings?: Record<string, string>;
}

export const openCaptureStage = async ({ settings }: CaptureStageOptions = {}): Promise<CaptureStage> => {
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-capture-'));
  chmodSync(folder, 0o711);
  const [postgresPort, natsPort] = (await freePorts(2)) as [number, number];
  const [postgres, nats] = await Promise.all([
    startPostgres({ directory: join(folder, 'postgres'), port: postgresPort, ...(settings && { settings }) }),
    startNatsServer({ directory: join(folder, 'nats'), port: natsPort }),
  ]);
  const connectSql = async (url = postgres.url): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  await migrateData(postgres.url);
  let sql = await connectSql();
  await sql.query(`CREATE ROLE ns_data LOGIN REPLICATION PASSWORD 'x' IN ROLE nightshift_data`);
  const own = new URL(postgres.url);
  own.username = 'ns_data';
  own.password = 'x';
  const url = own.href;
  const data = openData({
    url,
    connections: 8,
    statementTimeoutMs: 5_000,
    answerRetentionDays: 30,
    registry: new Registry(),
    logger,
  });
  const bus = await connectBus({ url: nats.url, name: 'trigger' });
  await bus.ensureStreams([streams.changes]);
  const captures: CaptureStage['captures'] = [];
  let trigger: RunningConsumer | undefined;
  /** By id, in the order of their first coming. */
  const distinct = new Map<string, ChangeEvent | ChangeGapEvent>();
  const counts = new Map<string, number>();

  const isChange = (event: ChangeEvent | ChangeGapEvent): event is ChangeEvent => 'kind' in event.data;
  const arrive = (event: ChangeEvent | ChangeGapEvent): void => {
    if (distinct.has(event.id)) return;
    distinct.set(event.id, event);
    if (isChange(event)) counts.set(event.data.type, (counts.get(event.data.type) ?? 0) + 1);
  };
  const once = (): ChangeEvent[] => [...distinct.values()].filter(isChange);
  const eventsOf = (type: string): ChangeEvent['data'][] =>
    once()
      .map((event) => event.data)
      .filter((change) => change.type === type);
  const stopTrigger = async (): Promise<void> => trigger?.close(1_000);

  return {
    postgres,
    nats,
    url,
    data,
    bus,
    captures,
    get sql() {
      return sql;
    },
    connectSql,
    reconnectSql: async () => {
      await sql.end().catch(() => {});
      sql = await connectSql();
    },
    openOne: async ({ limitBytes = 1e12 } = {}) => {
      const registry = new Registry();
      const capture = openCapture({
        url,
        natsUrl: nats.url,
        natsReplicas: 1,
        slot,
        warnBytes: 1e9,
        limitBytes,
        db: data.pool,
        registry,
        logger,
      });
      captures.push({ capture, registry });
      return capture;
    },
    someoneReads: () => captures.some(({ capture }) => capture.isReading),
    actAsTrigger: async () => {
      trigger = bus.consumeInOrder(
        {
          stream: streams.changes,
          consumer: consumers.trigger,
          filterSubject: subjects.allChanges,
          ackWaitMs: 5_000,
          batch: 500,
        },
        (batch: Delivered[]) => batch.forEach(({ payload }) => arrive(payload as ChangeEvent | ChangeGapEvent)),
      );
      await trigger.opened;
    },
    stopTrigger,
    clear: () => {
      distinct.clear();
      counts.clear();
    },
    once,
    eventsOf,
    gaps: () => [...distinct.values()].filter((event) => !isChange(event)),
    seen: (type, count, timeoutMs = 15_000) =>
      waitFor(() => (counts.get(type) ?? 0) >= count, { timeoutMs, describe: `${count} events of ${type}` }),
    create: (type, fields, more = {}) =>
      data.answer({ action: 'create', type, fields, ...more }) as unknown as Promise<Thing>,
    metrics: async () => (await Promise.all(captures.map(({ registry }) => registry.metrics()))).join('\n'),
    confirmedLag: async () => {
      const { rows } = await sql.query<{ lag: string }>(
        'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS lag FROM pg_replication_slots WHERE slot_name = $1',
        [slot],
      );
      return Number(rows[0]!.lag);
    },
    close: async () => {
      await stopTrigger();
      await Promise.all(captures.map(({ capture }) => capture.close()));
      await bus.close();
      await sql.end().catch(() => {});
      await data.close();
      await Promise.all([postgres.stop(), nats.stop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
