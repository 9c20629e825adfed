/**
 * Every stream, consumer and subject of Nightshift, declared once. Lint forbids spelling one elsewhere.
 * Tokens come from validated names and UUIDs (`names.ts`), so no escaping is needed.
 */

const minutes = (n: number): number => n * 60_000;
const days = (n: number): number => n * 24 * 60 * 60_000;

/** What a JetStream stream is made of; `libs/messaging` creates and repairs streams from these. */
export interface StreamDeclaration {
  readonly name: string;
  readonly subjects: readonly string[];
  /** `workqueue`: a message goes away when it is acked. `limits`: it stays until `maxAgeMs`. */
  readonly retention: 'workqueue' | 'limits';
  readonly maxAgeMs: number;
  /** Window in which a repeated `Nats-Msg-Id` is dropped by the server. Kept in its RAM, so not larger than publish retries need. */
  readonly duplicateWindowMs: number;
}

export const streams = {
  /** Runs that are ready to advance. A lost message is healed by the scheduler's reconciler. */
  dispatch: {
    name: 'NS_DISPATCH',
    subjects: ['ns.dispatch.>'],
    retention: 'workqueue',
    maxAgeMs: days(7),
    duplicateWindowMs: minutes(2),
  },
  /** Every run event, for subscribers. Short age: a subject per run costs the server RAM, and the ledger keeps history. */
  runEvents: {
    name: 'NS_RUN_EVENTS',
    subjects: ['ns.run.>'],
    retention: 'limits',
    maxAgeMs: minutes(60),
    duplicateWindowMs: minutes(2),
  },
  /** Changes of things, in commit order, as CloudEvents. */
  changes: {
    name: 'NS_CHANGES',
    subjects: ['ns.change.>'],
    retention: 'limits',
    maxAgeMs: days(1),
    duplicateWindowMs: minutes(2),
  },
  /** What could not be handled, with the reason, and the server's max-deliveries advisories. */
  dead: {
    name: 'NS_DEAD',
    subjects: ['ns.dead.>', '$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.>'],
    retention: 'limits',
    maxAgeMs: days(30),
    duplicateWindowMs: minutes(2),
  },
} as const satisfies Record<string, StreamDeclaration>;

/** Durable consumers, by the service that owns them. */
export const consumers = {
  executor: 'executor',
  executorLane: (lane: number): string => `executor-${lane}`,
  trigger: 'trigger',
} as const;

export const subjects = {
  /** One message per run that is ready to advance: those that somebody waits for, and those that go on. */
  dispatch: 'ns.dispatch.run',
  /** One message per run that nobody waits for: workflows share lanes, and lanes take turns. */
  dispatchLane: (lane: number): string => `ns.dispatch.lane.${lane}`,
  allDispatches: 'ns.dispatch.>',
  /** One message per run event: `ns.run.<workflow>.<runId>.<event type>`. */
  runEvent: (workflow: string, runId: string, event: string): string => `ns.run.${workflow}.${runId}.${event}`,
  /** Filter for a part of the run feed; a missing part matches all. */
  runEvents: (filter: { workflow?: string; runId?: string; event?: string } = {}): string =>
    `ns.run.${filter.workflow ?? '*'}.${filter.runId ?? '*'}.${filter.event ?? '*'}`,
  /** One message per change of a thing: `ns.change.<type>.<created|changed|deleted>`. */
  change: (type: string, kind: string): string => `ns.change.${type}.${kind}`,
  /** One message per start that SQL asked for, among the changes, in commit order. No type has this name. */
  sqlStart: 'ns.change.$start',
  /** Asks for an outside event to be looked at again that was put aside: `{source, id}`. */
  eventAgain: 'ns.change.$event',
  allChanges: 'ns.change.>',
  /** Says that there is a gap between the changes before and after: `ChangeGapEvent`. */
  changeGap: 'ns.change.$gap',
  /** A message that its consumer gave up on. */
  dead: (stream: string, consumer: string): string => `ns.dead.${stream}.${consumer}`,
  /** The inbox on which one gateway process hears the outcome of runs that its callers wait for. */
  outcome: (gateway: string): string => `ns.outcome.${gateway}`,
  /** The inbox on which one executor process hears that another one has a run in hand: `{runId}`. */
  inHand: (executor: string): string => `ns.in_hand.${executor}`,
} as const;

/** Request/reply over core NATS, answered by the data service unless it says otherwise. */
export const requests = {
  /** Read or change things: `DataRequest` → `DataReply`. */
  data: 'ns.request.data',
  /** As `data`, for one thing and with its version: `VersionedRequest` → `VersionedAnswer`. */
  versioned: 'ns.request.data.versioned',
  /** Declare, change or attach a type: `DeclareType` → `TypeDefinition`. */
  declareType: 'ns.request.data.types.declare',
  /** What declaring would do: `DeclareType` → `TypePlan`. */
  planType: 'ns.request.data.types.plan',
  /** Delete a type with its things, or detach it: `DeleteType` → `TypePlan`, as it was done. */
  deleteType: 'ns.request.data.types.delete',
  /** Changes that became no events: nothing → `ChangeGap[]`, the last one first. */
  changeGaps: 'ns.request.data.changes.gaps',
  /** All types: nothing → `TypeDefinition[]`. */
  listTypes: 'ns.request.data.types.list',
  /** The books of files: `FileRequest` → `FileAnswer`. */
  files: 'ns.request.data.files',
  /** Read or set the privacy rules of a type: `PrivacyRequest` → `TypePrivacy`. */
  privacy: 'ns.request.data.types.privacy',
  /** Whether there is such a user: `{ id }` → boolean. */
  isUser: 'ns.request.data.is_user',
  /** The id of the one user whose field holds a text: `{ field, value }` → string, or null. */
  findUser: 'ns.request.data.find_user',
  /** Open a transaction: `BeginTransaction` → `BegunTransaction`. */
  beginTransaction: 'ns.request.data.transaction.begin',
  /** Requests to one open transaction: `TransactionRequest` → `DataAnswer`. */
  transaction: (transactionId: string): string => `ns.request.data.transaction.${transactionId}`,
  /** As `data`, with the time that a statement over many things may take: `DataRequest` → `DataAnswer`. */
  bulk: 'ns.request.data.bulk',
  /** Begin, apply, end and read imports: `ImportRequest` → what its action answers with. */
  imports: 'ns.request.data.imports',
  /** Open an export: `BeginExport` → `{exportId}`. */
  beginExport: 'ns.request.data.export.begin',
  /** Pages of one open export: `{page}` → `ExportPage`. */
  export: (exportId: string): string => `ns.request.data.export.${exportId}`,
  /** Answered by the gateways, which hold the storage: delete content: `EraseContent` → `string[]`. */
  eraseContent: 'ns.request.gateway.content.erase',
  /** Answered by the executors, which have the way out: send a ping to a webhook: `{name}` → `WebhookPing`. */
  pingWebhook: 'ns.request.executor.webhooks.ping',
} as const;

/** Fire-and-forget wake-ups over core NATS. Losing one costs at most a second: whoever listens also looks by itself. */
export const signals = {
  /** Timers or recurrences were set that may be due before the scheduler's next look: `{dueAt}`. */
  timers: 'ns.signal.timers',
  /** A list was admitted, or some of its items ended: `{listIds}`. */
  lists: 'ns.signal.lists',
  /** Runs of these workflows came into their queues, or left room in them: `{workflows}`. */
  flows: 'ns.signal.flows',
  /** Events were taken in that may start workflows: nothing. */
  events: 'ns.signal.events',
  /** The first request under an idempotency key has been settled: `{scope, key}`. */
  idempotency: 'ns.signal.idempotency',
  /** A workflow was published: `{workflow}`. */
  workflows: 'ns.signal.workflows',
  /** What a gateway has let in, by name: `{from, counts}`. */
  admitted: 'ns.signal.admitted',
  /** What may come in has changed: a key `{key}`, an issuer `{issuer}`, or nothing said: perhaps all. */
  access: 'ns.signal.access',
  /** Runs were paused or cancelled, perhaps in the middle of a step: `{runIds}`. */
  interrupted: 'ns.signal.interrupted',
  /** Webhooks were changed, or told to go on: nothing. */
  webhooks: 'ns.signal.webhooks',
  /** Deliveries to webhooks are due: nothing. */
  deliveries: 'ns.signal.deliveries',
  /** An executor asks the others whether one has a run in hand, which then has news: `{runId, asker}`. */
  whoHas: 'ns.signal.who_has',
} as const;
