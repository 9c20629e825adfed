import { contentTypeOf, isExpressionText, isJsonType, type WorkflowDocument } from '@nightshift/workflow-core';
import type { Component } from './endpoint-request.ts';
import type { EndpointResponse, ResponseStatus } from './endpoint-responses.ts';
import { componentRef } from './schema.ts';

type Expose = NonNullable<WorkflowDocument['expose']>;

const accepted: EndpointResponse = {
  status: 202,
  description: 'It goes on; where to look for it.',
  content: { 'application/json': { schema: componentRef('AcceptedCall') } },
};

const notMet: EndpointResponse = {
  status: 200,
  description: 'The condition of the endpoint is not met, and nothing is done.',
  content: {
    'application/json': {
      schema: { type: 'object', properties: { conditionMet: { const: false } }, required: ['conditionMet'] },
    },
  },
};

/** A step that answers says everything itself. */
const free: EndpointResponse = {
  status: 'default',
  description: 'What the workflow answers with.',
  content: { '*/*': {} },
};

const elsewhere = (status: ResponseStatus): EndpointResponse => ({
  status,
  description: 'The workflow sends the caller elsewhere.',
  headers: { Location: { schema: { type: 'string' } } },
});

const bodyless: ReadonlySet<ResponseStatus> = new Set([204, 205, 304]);

/** Any status may come of an expression. */
const statusOf = (status: unknown, otherwise: number): ResponseStatus => {
  if (status === undefined) return otherwise;
  return typeof status === 'number' ? status : 'default';
};

/** What the workflow returns, in the type that it says; a list also one item a line. */
const resultContent = (type: string | undefined, returns: Component | undefined): EndpointResponse['content'] => {
  const contentType = contentTypeOf(type) ?? 'application/json';
  const mediaType = contentType.split(';', 1)[0]!;
  if (!isJsonType(contentType)) return { [mediaType]: { schema: { type: 'string' } } };
  const isList = [returns?.schema['type']].flat().includes('array');
  return {
    [mediaType]: { schema: returns === undefined ? {} : componentRef(returns.component) },
    ...(isList && { 'application/x-ndjson': { schema: { type: 'string' } } }),
  };
};

/** What an endpoint answers where nothing fails, or where the workflow sends those elsewhere for whom it did. */
export const endpointAnswers = (
  { answer = {}, mode, when, whenNotMet }: Expose,
  responds: boolean,
  returns: Component | undefined,
): EndpointResponse[] => {
  const { status, redirect, type, onError } = answer;
  const always = [accepted, ...(when !== undefined && whenNotMet === 200 ? [notMet] : [])];
  if (mode === 'accepted') return always;
  const success = statusOf(status, 200);
  return [
    ...always,
    ...(redirect === undefined ? [] : [elsewhere(statusOf(status, 302))]),
    ...(onError?.redirect === undefined ? [] : [elsewhere(statusOf(onError.status, 302))]),
    // An expression may say that there is none.
    ...(redirect === undefined || isExpressionText(redirect)
      ? [
          {
            status: success,
            description: 'What the workflow returns.',
            ...(!bodyless.has(success) && { content: resultContent(type, returns) }),
          },
        ]
      : []),
    ...(responds ? [free] : []),
  ];
};
