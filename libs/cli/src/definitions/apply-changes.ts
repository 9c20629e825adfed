import type { Client } from '@nightshift/client';
import type { DeclareTypeBody } from '@nightshift/contracts';
import type { Change } from './compare.ts';
import { placeOf, type Defined, type DefinitionOf, type Kind } from './definition.ts';

type Made = Extract<Change, { action: 'create' | 'change' }>;
type MadeOf<K extends Kind> = Made & { definition: DefinitionOf<K> };

export interface ApplyOptions {
  /** Publishes even what would break something that is planned. */
  force?: boolean;
  /** Told of each change when it is made. */
  onDone: (change: Change) => void;
  /** Told of each webhook for which a secret was made, which nobody has been shown. */
  onSecretMade: (webhook: string) => void;
}

const isMade =
  <K extends Kind>(kind: K) =>
  (change: Change): change is MadeOf<K> =>
    change.action !== 'remove' && change.definition.kind === kind;

/**
 * Makes changes in an order in which each finds what it needs: types before what reads them, workflows before those that call them.
 * @throws NightshiftError for the first that is refused; those before it are made
 */
export const applyChanges = async (
  client: Client,
  changes: readonly Change[],
  options: ApplyOptions,
): Promise<void> => {
  const { onDone, onSecretMade } = options;
  await applyTypes(client, changes.filter(isMade('type')), onDone);
  for (const change of changes.filter(isMade('privacy'))) {
    await client.types.setPrivacy(change.definition.name, change.definition.body);
    onDone(change);
  }
  await applyWorkflows(client, changes.filter(isMade('workflow')), options);
  for (const change of changes.filter(isMade('flow'))) {
    await client.flows.put(change.definition.name, change.definition.body);
    onDone(change);
  }
  for (const change of changes.filter(isMade('eventSource'))) {
    await client.eventSources.put(change.definition.name, change.definition.body);
    onDone(change);
  }
  for (const change of changes.filter(isMade('recurrence'))) {
    const { workflow, key } = placeOf(change.definition.name);
    await client.recurrences.put(workflow, key, change.definition.body);
    onDone(change);
  }
  for (const change of changes.filter(isMade('webhook'))) {
    const { signingSecret } = await client.webhooks.put(change.definition.name, change.definition.body);
    onDone(change);
    if (signingSecret !== undefined) onSecretMade(change.definition.name);
  }
  for (const change of changes) {
    if (change.action !== 'remove') continue;
    await remove(client, change.before);
    onDone(change);
  }
};

const remove = async (client: Client, { kind, name }: Defined): Promise<void> => {
  const { workflow, key } = placeOf(name);
  if (kind === 'recurrence') await client.recurrences.delete(workflow, key);
  if (kind === 'flow') await client.flows.delete(name);
  if (kind === 'eventSource') await client.eventSources.delete(name);
  if (kind === 'webhook') await client.webhooks.delete(name);
};

/**
 * Each type after those that it refers to. Where types refer to each other, one is made without the fields that do, and gets them when the
 * others are there.
 */
const applyTypes = async (
  client: Client,
  changes: readonly MadeOf<'type'>[],
  onDone: ApplyOptions['onDone'],
): Promise<void> => {
  const waiting = new Map(changes.map((change) => [change.definition.name, change]));
  const unfinished: MadeOf<'type'>[] = [];
  const isMissing = (name: string, type: string | undefined): boolean =>
    type !== undefined && type !== name && waiting.get(type)?.action === 'create';
  const declare = async (
    { definition: { name, body }, plan }: MadeOf<'type'>,
    fields: DeclareTypeBody['fields'],
    isWhole: boolean,
  ) => {
    const { fields: _all, ...more } = body;
    // The plan was made for all that could be planned; what is added later loses nothing.
    await client.types.declare(name, fields, {
      ...more,
      ...(isWhole && plan?.verdict === 'unconfirmed' && { confirm: plan.hash }),
    });
  };
  while (waiting.size > 0) {
    const all = [...waiting.values()];
    const missingOf = ({ definition: { name, body } }: MadeOf<'type'>): string[] =>
      Object.entries(body.fields)
        .filter(([, { type }]) => isMissing(name, type))
        .map(([field]) => field);
    const next =
      all.find((change) => missingOf(change).length === 0) ?? all.find(({ action }) => action === 'create') ?? all[0]!;
    const missing = missingOf(next);
    const { name, body } = next.definition;
    const fields = Object.fromEntries(Object.entries(body.fields).filter(([field]) => !missing.includes(field)));
    await declare(next, fields, true);
    waiting.delete(name);
    if (missing.length > 0) unfinished.push(next);
    else onDone(next);
  }
  for (const change of unfinished) {
    await declare(change, change.definition.body.fields, false);
    onDone(change);
  }
};

/**
 * Each workflow after those that it starts. Where workflows start each other, and none of them is there, one is saved as a draft that does
 * nothing, so that the others can name it.
 */
const applyWorkflows = async (
  client: Client,
  changes: readonly MadeOf<'workflow'>[],
  { force, onDone }: Pick<ApplyOptions, 'force' | 'onDone'>,
): Promise<void> => {
  const waiting = new Map(changes.map((change) => [change.definition.name, change]));
  const drafted = new Set<string>();
  while (waiting.size > 0) {
    const all = [...waiting.values()];
    const neededBy = ({ definition }: MadeOf<'workflow'>): string[] =>
      namesIn(definition.body).filter((name) => name !== definition.name && waiting.has(name) && !drafted.has(name));
    const next = all.find((change) => neededBy(change).length === 0);
    if (next === undefined) {
      const { definition } = all.find(({ action }) => action === 'create') ?? all[0]!;
      if (!(await isThere(client, definition.name)))
        await client.workflows.save(definition.name, stubOf(definition.body));
      drafted.add(definition.name);
      continue;
    }
    const { name, body } = next.definition;
    await client.workflows.save(name, body);
    await client.workflows.publish(name, { ...(force && { force }) });
    waiting.delete(name);
    onDone(next);
  }
};

const isThere = async (client: Client, name: string): Promise<boolean> =>
  (await client.workflows.list()).some((workflow) => workflow.name === name);

/** What others need to know of it, and nothing that it does. */
const stubOf = ({ workflow, parameters, returns }: Record<string, unknown>): object => ({
  workflow,
  ...(parameters !== undefined && { parameters }),
  ...(returns !== undefined && { returns }),
  do: [{ nothing: { set: null } }],
});

const namingKeys = new Set(['workflow', 'onComplete', 'onItemFailed', 'onProgress']);

/** Workflows that a document may start: whatever stands where a workflow's name can. */
const namesIn = (value: unknown, key = ''): string[] => {
  if (typeof value === 'string') return namingKeys.has(key) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => namesIn(item));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => namesIn(inner, name));
};
