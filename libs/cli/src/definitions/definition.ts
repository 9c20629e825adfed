import type {
  EventSourceBody,
  Flow,
  PrivacyRule,
  RecurrenceBody,
  DeclareTypeBody,
  WebhookBody,
} from '@nightshift/contracts';

/** Where a definition is written. */
export interface Source {
  /** As it was named: a path, or `-`. */
  file: string;
  /** The place of a JSON Pointer into the definition, or of what is nearest to it; 1 and 1 if nothing is. */
  locate(pointer: string): Place;
}

export interface Place {
  line: number;
  column: number;
}

/** Something that can be defined, apart from where it is written. */
export type Defined =
  | { kind: 'type'; name: string; body: DeclareTypeBody }
  | { kind: 'privacy'; name: string; body: PrivacyRule[] }
  | { kind: 'workflow'; name: string; body: Record<string, unknown> }
  | { kind: 'flow'; name: string; body: Flow }
  /** `name` is `workflow/key`. */
  | { kind: 'recurrence'; name: string; body: RecurrenceBody }
  | { kind: 'eventSource'; name: string; body: EventSourceBody }
  | { kind: 'webhook'; name: string; body: WebhookBody };

export type Kind = Defined['kind'];
export type DefinedAs<K extends Kind> = Extract<Defined, { kind: K }>;
export type Definition = Defined & { source: Source };
export type DefinitionOf<K extends Kind> = DefinedAs<K> & { source: Source };

/** In the order in which they can be made: each needs those before it. */
export const kinds = [
  'type',
  'privacy',
  'workflow',
  'flow',
  'eventSource',
  'recurrence',
  'webhook',
] as const satisfies Kind[];

/** How people call them. */
export const kindNames: Record<Kind, string> = {
  type: 'type',
  privacy: 'privacy rules of',
  workflow: 'workflow',
  flow: 'flow of',
  recurrence: 'recurrence',
  eventSource: 'event source',
  webhook: 'webhook',
};

export const isOf =
  <K extends Kind>(kind: K) =>
  (definition: Definition): definition is DefinitionOf<K> =>
    definition.kind === kind;

/** The two parts of a recurrence's name. */
export const placeOf = (name: string): { workflow: string; key: string } => {
  const [workflow = '', ...key] = name.split('/');
  return { workflow, key: key.join('/') };
};

/** Something that is wrong with a file. */
export interface Mistake extends Place {
  file: string;
  pointer: string;
  detail: string;
  suggestion?: string;
}

export const mistakeAt = (
  source: Source,
  { pointer, detail, suggestion }: { pointer: string; detail: string; suggestion?: string },
  /** Where in the document the definition's body stands. */
  prefix = '',
): Mistake => ({
  file: source.file,
  ...source.locate(prefix + pointer),
  pointer,
  detail,
  ...(suggestion !== undefined && { suggestion }),
});
