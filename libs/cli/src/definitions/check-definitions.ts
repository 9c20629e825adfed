import {
  compileSchema,
  compileUserSchema,
  DeclareTypeBodySchema,
  EventSourceBodySchema,
  FlowSchema,
  PrivacyBodySchema,
  RecurrenceBodySchema,
  WebhookBodySchema,
  type TypeDefinition,
  type Violation,
} from '@nightshift/contracts';
import { checkDocument, checkFlow, checkRecurrence, nearestWord, type KnownWorkflow } from '@nightshift/workflow-core';
import { isOf, mistakeAt, placeOf, type Definition, type DefinitionOf, type Mistake } from './definition.ts';
import type { PlatformState } from './platform-state.ts';

const checkType = compileSchema(DeclareTypeBodySchema);
const checkPrivacy = compileSchema(PrivacyBodySchema);
const checkFlowBody = compileSchema(FlowSchema);
const checkRecurrenceBody = compileSchema(RecurrenceBodySchema);
const checkSource = compileSchema(EventSourceBodySchema);
const checkWebhook = compileSchema(WebhookBodySchema);

/** What there will be once everything is applied. */
export interface World {
  types: TypeDefinition[];
  workflows: KnownWorkflow[];
  secrets: ReadonlySet<string>;
}

/**
 * Everything that is wrong with definitions, checked against what is there and against each other, so that nothing is applied before all of it
 * can be. What only the platform knows, it says when it is asked for a plan, or refuses in the end.
 */
export const checkDefinitions = (definitions: readonly Definition[], state: PlatformState): Mistake[] => {
  const world = worldAfter(definitions, state);
  return definitions.flatMap((definition) => {
    const { source } = definition;
    return violationsOf(definition, world).map((violation) => mistakeAt(source, violation));
  });
};

const violationsOf = (definition: Definition, world: World): Violation[] => {
  switch (definition.kind) {
    case 'type':
      return failed(checkType(definition.body));
    case 'privacy':
      return privacyViolations(definition, world);
    case 'workflow':
      return failed(checkDocument(definition.body, world));
    case 'flow':
      return [
        ...unknownWorkflow(definition.name, world, '/flow'),
        ...firstOf(failed(checkFlowBody(definition.body)), () => checkFlow(definition.body, '')),
      ];
    case 'eventSource':
      return firstOf(failed(checkSource(definition.body)), () =>
        missingSecrets([definition.body.secret].flat(), world, '/secret'),
      );
    case 'webhook':
      return firstOf(failed(checkWebhook(definition.body)), () => webhookViolations(definition, world));
    case 'recurrence':
      return recurrenceViolations(definition, world);
  }
};

const failed = (result: { ok: true } | { ok: false; violations: Violation[] }): Violation[] =>
  result.ok ? [] : result.violations;

const firstOf = (violations: Violation[], next: () => Violation[]): Violation[] =>
  violations.length > 0 ? violations : next();

/** They are not in files, and so have to be there before. */
const missingSecrets = (names: readonly string[], { secrets }: World, pointer: string): Violation[] =>
  names
    .filter((name) => !secrets.has(name))
    .map((name) => ({ pointer, detail: `there is no secret ${name}: keep it with nightshift secrets set ${name}` }));

const webhookViolations = ({ body: { secret = [], headers = {} } }: DefinitionOf<'webhook'>, world: World) => [
  ...missingSecrets([secret].flat(), world, '/secret'),
  ...Object.entries(headers).flatMap(([name, value]) =>
    typeof value === 'string' ? [] : missingSecrets([value.secret], world, `/headers/${name}`),
  ),
];

const privacyViolations = ({ name, body }: DefinitionOf<'privacy'>, { types }: World): Violation[] => {
  const type = types.find((one) => one.name === name);
  if (type === undefined) return [unknown(name, types, 'type', '')];
  return failed(checkPrivacy({ rules: body })).map((violation) => ({
    ...violation,
    pointer: violation.pointer.replace(/^\/rules/, ''),
  }));
};

const recurrenceViolations = ({ name, body }: DefinitionOf<'recurrence'>, world: World): Violation[] => {
  const { workflow, key } = placeOf(name);
  if (key === '') return [{ pointer: '/recurrence', detail: 'must be the workflow and a key: count-users/hourly' }];
  return [
    ...unknownWorkflow(workflow, world, '/recurrence'),
    ...firstOf(failed(checkRecurrenceBody(body)), () => [
      ...checkRecurrence(body),
      ...parameterViolations(
        body.parameters,
        world.workflows.find((one) => one.name === workflow),
      ),
    ]),
  ];
};

const parameterViolations = (given: unknown, workflow: KnownWorkflow | undefined): Violation[] => {
  if (workflow?.parameters === undefined) return [];
  const check = compiled(workflow.parameters);
  return failed(check?.(structuredClone(given ?? {})) ?? { ok: true }).map((violation) => ({
    ...violation,
    pointer: `/parameters${violation.pointer}`,
  }));
};

/** Undefined: it is no schema, which is said where it stands. */
const compiled = (schema: object): ReturnType<typeof compileUserSchema> | undefined => {
  try {
    return compileUserSchema(schema);
  } catch {
    return undefined;
  }
};

const unknownWorkflow = (name: string, { workflows }: World, pointer: string): Violation[] =>
  workflows.some((workflow) => workflow.name === name) ? [] : [unknown(name, workflows, 'workflow', pointer)];

const unknown = (name: string, there: readonly { name: string }[], what: string, pointer: string): Violation => {
  const suggestion = nearestWord(
    name,
    there.map((one) => one.name),
  );
  return { pointer, detail: `there is no ${what} "${name}"`, ...(suggestion !== undefined && { suggestion }) };
};

/** What there will be, as far as others see it. */
export const worldAfter = (definitions: readonly Definition[], state: PlatformState): World => {
  const types = new Map(state.types);
  for (const { name, body } of definitions.filter(isOf('type'))) {
    if (!checkType(body).ok) continue;
    const { fields, drop = [], renamedFrom } = body;
    const former = types.get(name) ?? (renamedFrom === undefined ? undefined : types.get(renamedFrom));
    const kept = Object.entries(former?.fields ?? {}).filter(([field]) => !drop.includes(field));
    const declared = Object.entries(fields).map(
      ([field, { renamedFrom: _was, whereUnfit: _unfit, ...rest }]) => [field, rest] as const,
    );
    types.set(name, { name, fields: Object.fromEntries([...kept, ...declared]) });
  }
  const workflows = new Map<string, KnownWorkflow>();
  for (const { name, document } of state.workflows.values()) workflows.set(name, known(name, document ?? {}));
  for (const { name, body } of definitions.filter(isOf('workflow'))) workflows.set(name, known(name, body));
  return { types: [...types.values()], workflows: [...workflows.values()], secrets: state.secrets };
};

const known = (name: string, { parameters, returns }: Record<string, unknown>): KnownWorkflow => ({
  name,
  ...(isObject(parameters) && compiled(parameters) !== undefined && { parameters }),
  ...(isObject(returns) && compiled(returns) !== undefined && { returns }),
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
