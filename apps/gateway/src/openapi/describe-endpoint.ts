import { hasRespond } from '@nightshift/workflow-core';
import type { StartableWorkflow } from '../workflows/startable-workflow.ts';
import { endpointRequest } from './endpoint-request.ts';
import { endpointAnswers } from './endpoint-answers.ts';
import { endpointFailures } from './endpoint-failures.ts';
import { byStatus } from './endpoint-responses.ts';
import { makePortable } from './make-portable.ts';
import type { Addition } from './openapi-document.ts';
import type { Schema } from './schema.ts';

export type Exposed = Pick<StartableWorkflow, 'name' | 'document'>;

const securityOf = (auth: string | undefined): Schema[] => {
  if (auth === 'none') return [];
  return auth === 'user' ? [{ user: [] }, { key: [] }] : [{ key: [] }];
};

/** An exposed workflow as paths and components; nothing if it is not exposed. */
export const describeEndpoint = ({ name, document }: Exposed): Addition => {
  const { expose, title, parameters = { type: 'object' }, returns } = document;
  if (expose === undefined) return { paths: {}, schemas: {} };
  const [given, gives] = [`wf.${name}.parameters`, `wf.${name}.returns`];
  const portable = makePortable(parameters, given) as Schema;
  // Whoever signs needs nothing else.
  const auth = expose.signature === undefined ? (expose.auth ?? 'admin') : 'none';
  const responds = hasRespond(document.do);
  const describe = (method: string): object => {
    const responses = [
      ...endpointAnswers(expose, responds, returns && { component: gives, schema: returns }),
      ...endpointFailures(method, expose, responds),
    ];
    return {
      operationId: `wf.${name}.${method.toLowerCase()}`,
      tags: ['wf'],
      summary: title ?? `Calls the workflow ${name}.`,
      security: securityOf(auth),
      'x-required-role': auth === 'none' ? 'public' : 'operator',
      ...endpointRequest(method, expose, { component: given, schema: portable }),
      responses: byStatus(responses, method !== 'HEAD'),
    };
  };
  const methods: readonly string[] = expose.methods ?? ['POST'];
  return {
    paths: {
      [`/wf/${name}${expose.path ?? ''}`]: Object.fromEntries(
        methods.map((method) => [method.toLowerCase(), describe(method)]),
      ),
    },
    schemas: { [given]: portable, ...(returns !== undefined && { [gives]: makePortable(returns, gives) }) },
  };
};
