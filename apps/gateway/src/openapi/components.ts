import { workflowDocumentSchema } from '@nightshift/workflow-core';
import answerSchemas from './answer-schemas.json' with { type: 'json' };
import { makePortable } from './make-portable.ts';
import { ownSchema, type Schema } from './schema.ts';

/** What operations answer, and what a workflow document is. */
export const ownComponents = (): Record<string, Schema> => ({
  ...(answerSchemas as Record<string, Schema>),
  WorkflowDocument: makePortable(ownSchema(workflowDocumentSchema), 'WorkflowDocument') as Schema,
});
