import { isDeepStrictEqual } from 'node:util';
import type { Client } from '@nightshift/client';
import type {
  EventSource,
  Flow,
  Page,
  PrivacyRule,
  Recurrence,
  TypeDefinition,
  WebhookView,
  WorkflowInfo,
} from '@nightshift/contracts';
import type { Defined } from './definition.ts';
import { webhookBodyOf } from './webhook-body.ts';

/** A workflow as it is there. */
export interface PresentWorkflow extends WorkflowInfo {
  /** Of the version that is started; absent: none was ever published. */
  document?: Record<string, unknown>;
}

/** Everything definable that a platform has, by name. */
export interface PlatformState {
  types: Map<string, TypeDefinition>;
  privacy: Map<string, PrivacyRule[]>;
  workflows: Map<string, PresentWorkflow>;
  /** As they are in force, whether a document or somebody else has set them. */
  flows: Map<string, Flow>;
  /** By `workflow/key`; without those that end with a thing: they are data. */
  recurrences: Map<string, Recurrence>;
  eventSources: Map<string, EventSource>;
  webhooks: Map<string, WebhookView>;
  /** The names of what it keeps, all that anybody may know of it. */
  secrets: ReadonlySet<string>;
}

/** Requests that are under way at once: enough to be quick, too few to be in anybody's way. */
const AT_ONCE = 8;

/** @param typesWithRules whose privacy rules are wanted; all if absent */
export const readPlatformState = async (
  client: Client,
  typesWithRules?: ReadonlySet<string>,
): Promise<PlatformState> => {
  const [types, infos, flows, recurrences, eventSources, webhooks, secrets] = await Promise.all([
    client.types.list(),
    client.workflows.list(),
    client.flows.list(),
    allPages((cursor) => client.recurrences.search({ attached: false, limit: 1000, ...(cursor && { cursor }) })),
    client.eventSources.list(),
    client.webhooks.list(),
    client.secrets.list(),
  ]);
  const workflows = await inParallel(infos, (info) => readWorkflow(client, info));
  const ruled = types.filter(({ name }) => typesWithRules?.has(name) ?? true);
  const privacy = await inParallel(
    ruled,
    async ({ name }) => [name, (await client.types.privacy(name)).rules] as const,
  );
  return {
    types: byName(types),
    privacy: new Map(privacy),
    workflows: byName(workflows),
    flows: new Map(flows.map(({ workflow, flow }) => [workflow, flow])),
    recurrences: new Map(recurrences.map((one) => [`${one.workflow}/${one.key}`, one])),
    eventSources: byName(eventSources),
    webhooks: byName(webhooks),
    secrets: new Set(secrets.map(({ name }) => name)),
  };
};

const readWorkflow = async (client: Client, info: WorkflowInfo): Promise<PresentWorkflow> => {
  if (info.publishedVersion === null) return info;
  const { document } = await client.workflows.version(info.name, info.publishedVersion);
  return { ...info, document: document as Record<string, unknown> };
};

const byName = <T extends { name: string }>(items: readonly T[]): Map<string, T> =>
  new Map(items.map((item) => [item.name, item]));

const allPages = async <T>(read: (cursor: string | undefined) => Promise<Page<T>>): Promise<T[]> => {
  const all: T[] = [];
  let cursor: string | undefined;
  do {
    const page = await read(cursor);
    all.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  return all;
};

const inParallel = async <T, Result>(items: readonly T[], work: (item: T) => Promise<Result>): Promise<Result[]> => {
  const results: Result[] = [];
  for (let at = 0; at < items.length; at += AT_ONCE) {
    results.push(...(await Promise.all(items.slice(at, at + AT_ONCE).map(work))));
  }
  return results;
};

/** What a platform has, as definitions. What was never published, and flows that documents say themselves, are none. */
export const definedIn = (state: PlatformState): Defined[] => [
  ...[...state.types.values()].map(({ name, fields }): Defined => ({ kind: 'type', name, body: { fields } })),
  ...[...state.privacy]
    .filter(([, rules]) => rules.length > 0)
    .map(([name, body]): Defined => ({ kind: 'privacy', name, body })),
  ...[...state.workflows.values()].flatMap(({ name, document }): Defined[] =>
    document === undefined ? [] : [{ kind: 'workflow', name, body: document }],
  ),
  ...[...state.flows]
    .filter(([name, flow]) => !isDeepStrictEqual(flow, state.workflows.get(name)?.document?.['flow']))
    .map(([name, body]): Defined => ({ kind: 'flow', name, body })),
  ...[...state.eventSources.values()].map(({ name, createdAt: _made, updatedAt: _changed, ...body }): Defined => ({
    kind: 'eventSource',
    name,
    body,
  })),
  ...[...state.recurrences].map(([name, recurrence]): Defined => ({
    kind: 'recurrence',
    name,
    body: bodyOf(recurrence),
  })),
  ...[...state.webhooks.values()].map((webhook): Defined => ({
    kind: 'webhook',
    name: webhook.name,
    body: webhookBodyOf(webhook),
  })),
];

/** A recurrence as somebody would set it again. */
const bodyOf = ({
  workflow: _workflow,
  key: _key,
  next: _next,
  workflowVersion: _version,
  paused,
  ...body
}: Recurrence) => ({
  ...body,
  ...(paused && { paused }),
});
