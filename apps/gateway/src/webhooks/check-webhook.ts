import type { SecretInfo, Violation, WebhookBody } from '@nightshift/contracts';
import { compileExpression } from '@nightshift/workflow-core';

/** Said by us, or by HTTP. */
const ownHeaders =
  /^(webhook-.*|host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect)$/i;

/** What is wrong with a webhook beyond its schema. @param secrets those that are stored */
export const webhookViolations = (body: WebhookBody, secrets: readonly SecretInfo[]): Violation[] => {
  const known = new Set(secrets.map(({ name }) => name));
  const missing = (name: string, pointer: string): Violation[] =>
    known.has(name) ? [] : [{ pointer, detail: `there is no secret ${name}` }];
  const { secret, headers = {}, filter } = body;
  const ofSecrets =
    secret === undefined
      ? []
      : [secret].flat().flatMap((name, index) => missing(name, Array.isArray(secret) ? `/secret/${index}` : '/secret'));
  const ofHeaders = Object.entries(headers).flatMap(([name, value]) => [
    ...(ownHeaders.test(name) ? [{ pointer: `/headers/${name}`, detail: 'is set by Nightshift itself' }] : []),
    ...(typeof value === 'string' ? [] : missing(value.secret, `/headers/${name}/secret`)),
  ]);
  return [
    ...urlViolations(body.url),
    ...ofSecrets,
    ...ofHeaders,
    ...(filter === undefined ? [] : filterViolations(filter)),
  ];
};

const urlViolations = (text: string): Violation[] => {
  const url = URL.parse(text);
  if (url === null) return [{ pointer: '/url', detail: 'is not a URL' }];
  if (url.username !== '' || url.password !== '')
    return [{ pointer: '/url', detail: 'must not hold a name or a password: a header can hold a stored secret' }];
  return [];
};

const filterViolations = (filter: string): Violation[] => {
  const compiled = compileExpression(filter.replace(/^=/, ''), '/filter');
  return 'problem' in compiled
    ? [{ pointer: '/filter', detail: compiled.problem.detail ?? compiled.problem.title }]
    : [];
};
