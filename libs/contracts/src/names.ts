import { Type } from 'typebox';

/**
 * Names become NATS subject tokens, SQL identifiers and URL segments, so they are checked once, here,
 * and are branded from then on. None of them can contain `.`, `*`, `>`, quotes or blanks.
 */
export type WorkflowName = string & { readonly __name: 'workflow' };
export type TypeName = string & { readonly __name: 'type' };

/** Lower-case words joined by hyphens: `welcome-email`. */
export const WORKFLOW_NAME_PATTERN = '^[a-z][a-z0-9]*(-[a-z0-9]+)*$';
/** A letter, then letters, digits or underscores: a table's or a column's name, used as it stands in SQL. */
export const IDENTIFIER_PATTERN = '^[A-Za-z][A-Za-z0-9_]*$';
/** Postgres cuts longer identifiers silently; a name that Postgres would change is refused instead. */
export const NAME_MAX_LENGTH = 63;
/** A recurrence's key within its workflow. Often the id of a thing; a segment of a URL. */
export const RECURRENCE_KEY_PATTERN = '^[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}$';

export const WorkflowNameSchema = Type.String({ pattern: WORKFLOW_NAME_PATTERN, maxLength: NAME_MAX_LENGTH });
export const IdentifierSchema = Type.String({ pattern: IDENTIFIER_PATTERN, maxLength: NAME_MAX_LENGTH });

const workflowName = new RegExp(WORKFLOW_NAME_PATTERN);
const identifier = new RegExp(IDENTIFIER_PATTERN);

/** The name as a branded type, or undefined if it is not a workflow name. */
export const parseWorkflowName = (text: string): WorkflowName | undefined =>
  text.length <= NAME_MAX_LENGTH && workflowName.test(text) ? (text as WorkflowName) : undefined;

/** The name as a branded type, or undefined if it is not a type name. */
export const parseTypeName = (text: string): TypeName | undefined =>
  text.length <= NAME_MAX_LENGTH && identifier.test(text) ? (text as TypeName) : undefined;
