import { Type, type TSchema } from 'typebox';
import { EventSourceNameSchema } from '../event-source.ts';
import type { FailureCode } from '../failures.ts';
import { IssuerNameSchema } from '../issuers.ts';
import { IdentifierSchema, RECURRENCE_KEY_PATTERN, WorkflowNameSchema } from '../names.ts';
import { WebhookNameSchema } from '../webhooks.ts';

/** What stands in the braces of a path. */
export interface PathPart {
  name: string;
  schema: TSchema;
  /** The answer where there is nothing of that name. */
  missing?: FailureCode;
  /** The answer to what can be no such name; absent: as where there is nothing. */
  malformed?: FailureCode;
}

type Rule = Omit<PathPart, 'name'>;

const id = (missing: FailureCode): Rule => ({ schema: Type.String({ format: 'uuid' }), missing });

/** By the segment before it and its name. */
const rules: Readonly<Record<string, Rule>> = {
  'workflows/name': { schema: WorkflowNameSchema, missing: 'workflow.not_found' },
  'versions/version': { schema: Type.Integer({ minimum: 1 }), missing: 'workflow.not_found' },
  'recurrences/key': {
    schema: Type.String({ pattern: RECURRENCE_KEY_PATTERN }),
    missing: 'recurrence.not_found',
    malformed: 'request.invalid',
  },
  'runs/id': id('run.not_found'),
  'schedules/id': id('schedule.not_found'),
  'lists/id': id('list.not_found'),
  'items/index': { schema: Type.Integer({ minimum: 0, maximum: 999_999_999 }), missing: 'list.item_not_found' },
  'progress/id': id('run.not_found'),
  'progress/token': { schema: Type.String(), missing: 'link.invalid' },
  'chains/id': id('chain.not_found'),
  'events/token': { schema: Type.String(), missing: 'link.invalid' },
  'answers/token': { schema: Type.String(), missing: 'link.invalid' },
  'event-sources/name': { schema: EventSourceNameSchema, missing: 'event_source.not_found' },
  'received-events/source': { schema: Type.String({ minLength: 1 }) },
  '{source}/id': { schema: Type.String({ minLength: 1 }), missing: 'event.not_found' },
  'webhooks/name': { schema: WebhookNameSchema, missing: 'webhook.not_found' },
  'deliveries/id': id('webhook.delivery_not_found'),
  'types/type': { schema: IdentifierSchema, missing: 'type.not_found' },
  'things/type': { schema: IdentifierSchema, missing: 'type.not_found' },
  '{type}/id': id('thing.not_found'),
  'imports/id': id('import.not_found'),
  'files/id': id('file.not_found'),
  'files/token': { schema: Type.String(), missing: 'link.invalid' },
  'keys/id': id('key.not_found'),
  'issuers/name': { schema: IssuerNameSchema, missing: 'issuer.not_found' },
  'secrets/name': { schema: IdentifierSchema, malformed: 'request.invalid' },
  'mailbox/messageId': { schema: Type.String(), missing: 'email.not_found' },
  'dead-letters/id': { schema: Type.String({ pattern: '^[1-9]\\d{0,14}$' }), missing: 'dead_letter.not_found' },
  'wf/name': { schema: WorkflowNameSchema, missing: 'workflow.not_exposed' },
  'wf-draft/name': { schema: WorkflowNameSchema, missing: 'workflow.not_exposed' },
};

/** The parts of a path that stand for something, in their order. */
export const pathPartsOf = (path: string): PathPart[] => {
  const segments = path.split('/');
  return segments.flatMap((segment, index) => {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (name === undefined) return [];
    return [{ name, ...(rules[`${segments[index - 1]}/${name}`] ?? { schema: Type.String({ minLength: 1 }) }) }];
  });
};
