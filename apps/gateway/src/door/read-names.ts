import {
  compileSchema,
  EventSourceNameSchema,
  Failure,
  IdentifierSchema,
  NAME_MAX_LENGTH,
  parseTypeName,
  parseWorkflowName,
  type TypeName,
  WebhookNameSchema,
  type WorkflowName,
} from '@nightshift/contracts';

const checkIdentifier = compileSchema(IdentifierSchema);
const checkEventSourceName = compileSchema(EventSourceNameSchema);
const checkWebhookName = compileSchema(WebhookNameSchema);

/** @throws Failure `workflow.not_found`: no workflow can have another name */
export const readWorkflowName = (text: string): WorkflowName => {
  const name = parseWorkflowName(text);
  if (name !== undefined) return name;
  throw new Failure('workflow.not_found', {
    detail: `"${text.slice(0, 64)}" is not a workflow's name: lower-case words joined by hyphens, as in welcome-email`,
  });
};

/** @throws Failure `type.not_found`: no type can have another name */
export const readTypeName = (text: string): TypeName => {
  const name = parseTypeName(text);
  if (name !== undefined) return name;
  throw new Failure('type.not_found', {
    detail: `"${text.slice(0, 64)}" is not a type's name: a letter, then letters, digits or underscores`,
  });
};

/** @throws Failure `request.invalid`: a type is to have that name, and none can */
export const readNewTypeName = (text: string): TypeName => {
  const name = parseTypeName(text);
  if (name !== undefined) return name;
  const detail = `must be a letter, then letters, digits or underscores, at most ${NAME_MAX_LENGTH}`;
  throw new Failure('request.invalid', { detail: `/type ${detail}`, errors: [{ pointer: '/type', detail }] });
};

/** @throws Failure `request.invalid`: the name is the `source` of its events, and a part of their sender's URL */
export const readEventSourceName = (text: string): string => {
  if (checkEventSourceName(text).ok) return text;
  const detail = 'must be lower-case words joined by hyphens, at most 63 characters';
  throw new Failure('request.invalid', { detail: `/name ${detail}`, errors: [{ pointer: '/name', detail }] });
};

/** @throws Failure `request.invalid`: the name is what expressions find the secret by */
export const readSecretName = (text: string): string => {
  if (checkIdentifier(text).ok) return text;
  const detail = 'must be a letter, then letters, digits or underscores, at most 63';
  throw new Failure('request.invalid', { detail: `/name ${detail}`, errors: [{ pointer: '/name', detail }] });
};

/** @throws Failure `request.invalid`: the name is a part of the webhook's URLs */
export const readWebhookName = (text: string): string => {
  if (checkWebhookName(text).ok) return text;
  const detail = 'must be lower-case words joined by hyphens, at most 63 characters';
  throw new Failure('request.invalid', { detail: `/name ${detail}`, errors: [{ pointer: '/name', detail }] });
};
