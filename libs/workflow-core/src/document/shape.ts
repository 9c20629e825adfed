import { builtInFields, type TypeDefinition } from '@nightshift/contracts';

/** What is known of a value before there is one. A field without a shape may hold anything. */
export interface Shape {
  /** For messages: "the type user". */
  readonly description: string;
  readonly fields: { readonly [name: string]: Shape | undefined };
}

/** A thing of a type; also a list of them, since paths map over lists. */
export const thingShape = (type: TypeDefinition | undefined): Shape | undefined =>
  type && {
    description: `the type ${type.name}`,
    fields: Object.fromEntries(
      [...Object.keys(builtInFields), ...Object.keys(type.fields)].map((name) => [name, undefined]),
    ),
  };

/** What a condition of a change trigger sees. */
export const changeFields = (type: TypeDefinition | undefined): Shape['fields'] => ({
  before: thingShape(type),
  now: thingShape(type),
  kind: undefined,
  changedFields: undefined,
});

/** `trigger`, in a workflow whose change triggers are all of one type. */
export const triggerShape = (type: TypeDefinition | undefined): Shape | undefined =>
  type && {
    description: `a change of the type ${type.name}`,
    fields: { ...changeFields(type), id: undefined, type: undefined, time: undefined, origin: undefined },
  };

/** `event`, in the condition and the parameters of an event trigger. */
export const eventShape: Shape = {
  description: 'an event',
  fields: Object.fromEntries(['id', 'source', 'type', 'subject', 'time', 'data'].map((name) => [name, undefined])),
};

/** `trigger`, in a workflow whose triggers are all events. */
export const eventTriggerShape: Shape = { description: 'the trigger', fields: { event: eventShape } };

/** `run`. */
export const runShape: Shape = {
  description: 'run',
  fields: { id: undefined, startedAt: undefined, depth: undefined, iteration: undefined, chain: undefined },
};

/** Names in scope in every step; no step may take one of them. */
export const scopeNames = [
  'parameters',
  'trigger',
  'item',
  'index',
  'batch',
  'previous',
  'error',
  'run',
  'currentUser',
  'secrets',
] as const;

/** `error`, in a `catch` or a `compensate`. */
export const errorShape: Shape = {
  description: 'error',
  fields: Object.fromEntries(
    ['type', 'title', 'status', 'code', 'detail', 'instance', 'step', 'attempt', 'errors'].map((name) => [
      name,
      undefined,
    ]),
  ),
};

/** Words of the expression language: a step with such a name could not be referred to. */
export const expressionWords = ['and', 'or', 'in', 'true', 'false', 'null', 'function'] as const;
