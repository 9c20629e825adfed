import { isDeepStrictEqual } from 'node:util';
import { NightshiftError, type Client } from '@nightshift/client';
import { compileUserSchema, type RecurrenceBody, type TypePlan, type WebhookBody } from '@nightshift/contracts';
import {
  isOf,
  kinds,
  mistakeAt,
  placeOf,
  type Defined,
  type Definition,
  type DefinitionOf,
  type Mistake,
} from './definition.ts';
import { definedIn, type PlatformState } from './platform-state.ts';
import { isSameWebhook } from './webhook-body.ts';

/** Something that is to be made as it is written, or removed. */
export type Change =
  | { action: 'create' | 'change'; definition: Definition; before: Defined | undefined; plan?: TypePlan }
  | { action: 'remove'; before: Defined };

export interface Comparison {
  changes: Change[];
  mistakes: Mistake[];
}

/** Kinds of which what is in no file can be removed: the others hold data, or histories lean on them. */
const removable: ReadonlySet<string> = new Set(['flow', 'eventSource', 'recurrence', 'webhook']);

export const idOf = ({ kind, name }: Pick<Defined, 'kind' | 'name'>): string => `${kind} ${name}`;

/**
 * What is to be done so that everything is as it is written. What a type's change would do and lose is asked of the platform.
 * @throws NightshiftError
 */
export const compare = async (
  client: Client,
  definitions: readonly Definition[],
  state: PlatformState,
  { prune = false }: { prune?: boolean } = {},
): Promise<Comparison> => {
  const present = new Map(definedIn(state).map((defined) => [idOf(defined), defined]));
  const result: Comparison = { changes: [], mistakes: [] };
  const willBePublished = new Set<string>();
  for (const kind of kinds) {
    for (const definition of definitions.filter(isOf(kind)) as Definition[]) {
      const before = present.get(idOf(definition));
      if (definition.kind === 'type') {
        await compareType(client, definition, state, result);
        continue;
      }
      const isSame = before !== undefined && isSameAs(definition, before, definitions, state);
      // A version that is published brings its own flow with it.
      const isReset = definition.kind === 'flow' && willBePublished.has(definition.name);
      const isInForce =
        definition.kind === 'flow' && !isReset && isDeepStrictEqual(state.flows.get(definition.name), definition.body);
      const isNothing = definition.kind === 'privacy' && before === undefined && definition.body.length === 0;
      if ((isSame && !isReset) || isInForce || isNothing) continue;
      if (definition.kind === 'workflow') willBePublished.add(definition.name);
      result.changes.push({ action: before === undefined ? 'create' : 'change', definition, before });
    }
  }
  if (prune) {
    const written = new Set(definitions.map(idOf));
    const rest = [...present.values()].filter((defined) => removable.has(defined.kind) && !written.has(idOf(defined)));
    result.changes.push(...rest.map((before): Change => ({ action: 'remove', before })));
  }
  return result;
};

const isSameAs = (
  definition: Definition,
  before: Defined,
  definitions: readonly Definition[],
  state: PlatformState,
): boolean => {
  if (definition.kind === 'webhook') return isSameWebhook(definition.body, before.body as WebhookBody);
  if (definition.kind !== 'recurrence') return isDeepStrictEqual(definition.body, before.body);
  const { workflow } = placeOf(definition.name);
  const document =
    definitions.filter(isOf('workflow')).find(({ name }) => name === workflow)?.body ??
    state.workflows.get(workflow)?.document;
  return isSameRecurrence(definition, before.body as RecurrenceBody, document?.['parameters']);
};

/** The platform keeps parameters with their defaults; who says nothing of `paused` leaves it as it is. */
const isSameRecurrence = ({ body }: DefinitionOf<'recurrence'>, before: RecurrenceBody, schema: unknown): boolean => {
  const { paused, parameters = {}, ...rest } = body;
  const { paused: wasPaused = false, parameters: former = {}, ...formerRest } = before;
  const whole = structuredClone(parameters);
  if (typeof schema === 'object' && schema !== null) compileUserSchema(schema)(whole);
  return (
    isDeepStrictEqual(rest, formerRest) &&
    isDeepStrictEqual(whole, former) &&
    (paused === undefined || paused === wasPaused)
  );
};

/** A plan that does nothing in the database is a type that is as it is written. */
const compareType = async (
  client: Client,
  definition: DefinitionOf<'type'>,
  state: PlatformState,
  { changes, mistakes }: Comparison,
): Promise<void> => {
  const { name, body, source } = definition;
  const present = state.types.get(name) ?? state.types.get(body.renamedFrom ?? '');
  const before: Defined | undefined = present && { kind: 'type', name, body: { fields: present.fields } };
  const { fields, ...more } = body;
  // What refers to a type that is made only now cannot be planned yet.
  const plannable = Object.entries(fields).filter(
    ([, { type }]) => type === undefined || type === name || state.types.has(type),
  );
  try {
    const plan = await client.types.plan(name, Object.fromEntries(plannable), more);
    const isWhole = plannable.length === Object.keys(fields).length;
    const isIdle = plan.steps.every(({ sql }) => sql.length === 0);
    if (isIdle && isWhole && present !== undefined) return;
    for (const affected of plan.steps.flatMap((step) => step.affected ?? [])) {
      if (affected.canConfirm) continue;
      const detail = `${affected.things} things ${affected.detail}, which has to be changed first`;
      mistakes.push(mistakeAt(source, { pointer: affected.pointer, detail }));
    }
    changes.push({ action: present === undefined ? 'create' : 'change', definition, before, plan });
  } catch (error) {
    if (
      !(error instanceof NightshiftError) ||
      error.status >= 500 ||
      error.status < 400 ||
      [401, 403, 429].includes(error.status)
    )
      throw error;
    const found = error.problem.errors ?? [{ pointer: '', detail: error.message }];
    mistakes.push(...found.map((violation) => mistakeAt(source, violation)));
  }
};
