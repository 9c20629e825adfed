import { makeAudit, type Audit } from './audit.ts';
import { makeChains, type Chains } from './chains.ts';
import type { Control } from './control/control.ts';
import { makeControl } from './control/change-runs.ts';
import { openDatabase } from './database.ts';
import { makeEvaluations, type Evaluations } from './evaluations.ts';
import { makeEndpointSamples, type EndpointSamples } from './endpoint-samples.ts';
import { makeEventSources, type EventSources } from './event-sources.ts';
import { readRetainedLog, type RetainedLog } from './sql/retained-log.ts';
import { makeEvents, type Events } from './events.ts';
import type { Flows } from './flow/flows.ts';
import { makeFlows } from './flow/make-flows.ts';
import { makeGroupCommit } from './group-commit.ts';
import { makeGuards, type Guards } from './guards.ts';
import { makeIdempotency, type Idempotency } from './idempotency.ts';
import { makeIssuers, type Issuers } from './issuers.ts';
import { makeKeys, type Keys } from './keys.ts';
import { makeLists, type Lists } from './lists/lists.ts';
import { makeLocks, type Locks } from './locks.ts';
import { makeMailbox, type Mailbox } from './mailbox.ts';
import { makeProgressFacts, type ProgressFacts } from './progress.ts';
import { makeReceivedEvents, type ReceivedEvents } from './received-events.ts';
import { makeRecurrences, type Recurrences } from './recurrences.ts';
import { makeRuns, type Runs } from './runs.ts';
import { makeSchedules, type Schedules } from './schedules/schedules.ts';
import { makeSecrets, type Secrets } from './secrets.ts';
import { makeTimers, type Timers } from './timers.ts';
import { makeWebhooks, type Webhooks } from './webhooks/webhooks.ts';
import { makeWorkflows, type Workflows } from './workflows.ts';

/** The record of everything that happened, and of all that is planned. Postgres; the only source of truth. */
export interface Ledger {
  runs: Runs;
  timers: Timers;
  schedules: Schedules;
  lists: Lists;
  recurrences: Recurrences;
  workflows: Workflows;
  control: Control;
  chains: Chains;
  progress: ProgressFacts;
  locks: Locks;
  events: Events;
  endpointSamples: EndpointSamples;
  eventSources: EventSources;
  receivedEvents: ReceivedEvents;
  evaluations: Evaluations;
  guards: Guards;
  flows: Flows;
  keys: Keys;
  issuers: Issuers;
  secrets: Secrets;
  mailbox: Mailbox;
  idempotency: Idempotency;
  audit: Audit;
  webhooks: Webhooks;
  /** Makes the partitions of this month and of as many after it. @returns how many were missing */
  ensurePartitions(monthsAhead: number): Promise<number>;
  /** The log that Postgres keeps for change capture, if data and ledger are one database. */
  retainedLog(): Promise<RetainedLog[]>;
  /** Whether Postgres answers. */
  isReachable(): Promise<boolean>;
  /** Settles what was appended, then closes every connection. */
  close(): Promise<void>;
}

export interface LedgerOptions {
  url: string;
  /** Shown in `pg_stat_activity`. */
  applicationName: string;
  /** Connections for reads and small transactions. */
  connections?: number;
  /** Connections that commit appends. */
  writers?: number;
}

/** How long an append waits for Postgres to come back before its caller is told. */
const GIVE_UP_AFTER_MS = 10_000;

/** @throws if Postgres does not answer */
export const openLedger = async (options: LedgerOptions): Promise<Ledger> => {
  const { url, applicationName, connections = 4, writers = 1 } = options;
  const database = await openDatabase(url, applicationName, connections);
  const commits = makeGroupCommit({
    connectionString: url,
    applicationName: `${applicationName} writer`,
    writers,
    maxBatch: 500,
    giveUpAfterMs: GIVE_UP_AFTER_MS,
  });
  const locks = makeLocks(database);
  const audit = makeAudit(database);
  const runs = makeRuns(database, commits, locks);
  return {
    runs,
    timers: makeTimers(database),
    schedules: makeSchedules(database),
    lists: makeLists(database),
    recurrences: makeRecurrences(database),
    workflows: makeWorkflows(database),
    control: makeControl({ database, runs, locks }),
    chains: makeChains(database),
    progress: makeProgressFacts(database),
    locks,
    events: makeEvents(database, commits),
    endpointSamples: makeEndpointSamples(database),
    eventSources: makeEventSources(database),
    receivedEvents: makeReceivedEvents(database),
    evaluations: makeEvaluations(database),
    guards: makeGuards(database),
    flows: makeFlows(database),
    keys: makeKeys(database),
    issuers: makeIssuers(database),
    secrets: makeSecrets(database),
    mailbox: makeMailbox(database),
    idempotency: makeIdempotency(database),
    audit,
    webhooks: makeWebhooks(database),
    ensurePartitions: async (monthsAhead) => {
      let made = 0;
      // Each in a transaction of its own: locks on both tables at once could deadlock with a commit.
      for (const table of ['run_events', 'runs']) {
        const [row] = await database.query<{ made: number }>(
          'ensure-partitions',
          'SELECT nightshift.ensure_partitions($1, $2) AS made',
          [table, monthsAhead],
        );
        made += row!.made;
      }
      return made;
    },
    retainedLog: () => readRetainedLog(database),
    isReachable: () =>
      database.query('ping', 'SELECT 1').then(
        () => true,
        () => false,
      ),
    close: async () => {
      await commits.close();
      await audit.close();
      await database.close();
    },
  };
};
