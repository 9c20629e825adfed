import { requests } from '@nightshift/contracts';
import { connectBus, JetStreamStrategy } from '@nightshift/messaging';
import type { Logger, ServiceOptions } from '@nightshift/runtime';
import { Registry } from 'prom-client';
import type { Static } from 'typebox';
import { openCapture } from './capture/open-capture.ts';
import { slotName, type DataConfigSchema } from './config.ts';
import { makeDataModule } from './data.module.ts';
import { makeAnswerFileRequest } from './files/answer-file-request.ts';
import { keepSweeping } from './files/keep-sweeping.ts';
import { migrateData } from './migrate-data.ts';
import { openData } from './open-data.ts';

/** A hundred contents, from a storage that is slow today. */
const ERASE_MS = 10_000;

/** Everything of the data service, wired and connected, for `startService` or a test to run. */
export const openDataService = async (
  config: Static<typeof DataConfigSchema>,
  logger: Logger,
): Promise<ServiceOptions> => {
  const url = config.NIGHTSHIFT_DATA_URL;
  const registry = new Registry();
  await migrateData(url);
  const bus = await connectBus({
    url: config.NIGHTSHIFT_NATS_URL,
    name: 'data',
    log: logger,
    replicas: config.NIGHTSHIFT_NATS_REPLICAS,
  });
  const searchLanguage = config.NIGHTSHIFT_DATA_SEARCH_LANGUAGE;
  const data = openData({
    url,
    connections: config.NIGHTSHIFT_DATA_CONNECTIONS,
    statementTimeoutMs: config.NIGHTSHIFT_DATA_STATEMENT_TIMEOUT_MS,
    bulkTimeoutMs: config.NIGHTSHIFT_BULK_TIMEOUT_MS,
    answerRetentionDays: config.NIGHTSHIFT_ANSWER_RETENTION_DAYS,
    ...(config.NIGHTSHIFT_USER_TYPE !== undefined && { userType: config.NIGHTSHIFT_USER_TYPE }),
    ...(searchLanguage !== undefined && { searchLanguage }),
    registry,
    logger,
  });
  // A configuration that is not there would fail every search for words; better not to start.
  if (searchLanguage !== undefined) await data.pool.query('SELECT $1::regconfig', [searchLanguage]);
  const transactions = data.openTransactions((transactionId, handle) =>
    // A group of one: no other replica knows the subject.
    bus.serve(requests.transaction(transactionId), handle, { queue: bus.name }),
  );
  const exports = data.bulk.openExports((exportId, handle) =>
    bus.serve(requests.export(exportId), handle, { queue: bus.name }),
  );
  const capture = openCapture({
    url,
    natsUrl: config.NIGHTSHIFT_NATS_URL,
    natsReplicas: config.NIGHTSHIFT_NATS_REPLICAS,
    slot: slotName(config.NIGHTSHIFT_SLOT, url),
    warnBytes: config.NIGHTSHIFT_SLOT_LAG_WARN_BYTES,
    limitBytes: config.NIGHTSHIFT_SLOT_LIMIT_BYTES,
    db: data.pool,
    registry,
    logger,
  });
  const sweeper = keepSweeping({
    url,
    pool: data.pool,
    erase: (storageKeys) =>
      bus.request(requests.eraseContent, { storageKeys }, { timeoutMs: ERASE_MS, unavailable: 'file.unavailable' }),
    registry,
    logger,
  });
  const answerFileRequest = makeAnswerFileRequest({
    pool: data.pool,
    graceMs: config.NIGHTSHIFT_FILE_GRACE_MINUTES * 60_000,
    onDue: sweeper.lookBy,
  });
  return {
    name: 'data',
    module: makeDataModule(data, transactions, exports, answerFileRequest),
    config,
    logger,
    strategy: new JetStreamStrategy({ bus }),
    metrics: registry,
    checks: [
      { name: 'postgres', check: () => data.pool.query('SELECT 1') },
      { name: 'nats', check: () => bus.isConnected },
    ],
    closeLast: [capture.close, sweeper.close, transactions.close, exports.close, data.close, bus.close],
  };
};
