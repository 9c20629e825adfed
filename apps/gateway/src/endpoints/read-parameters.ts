import type { Violation } from '@nightshift/contracts';
import type { CompiledEndpoint } from '@nightshift/workflow-core';
import { isDeepStrictEqual } from 'node:util';
import { refusal } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import { checkParameters, type Parameters, type StartableWorkflow } from '../workflows/startable-workflow.ts';
import type { EndpointCall } from './endpoint-call.ts';
import type { EndpointBody } from './read-body.ts';

/** A place that parameters come from, by the word for it. */
type Source = readonly [place: string, given: Readonly<Record<string, unknown>>];

/**
 * The parameters of a call: from its path, its body, its query and its headers, as the schema of the workflow has them. A parameter that comes from
 * two places has to be the same in both.
 * @param inPath what the path says
 * @throws Failure `parameters.invalid` naming each that is wrong
 */
export const readParameters = (
  endpoint: CompiledEndpoint,
  workflow: StartableWorkflow,
  call: EndpointCall,
  body: EndpointBody,
  inPath: Readonly<Record<string, string>>,
): Parameters => {
  const { parameters: schema } = workflow.document;
  const inBody = bodyParameters(body, endpoint.bodyAs, schema);
  if (!isObject(inBody)) return checkParameters(workflow, inBody, '');
  const merged = merge([
    ['the path', coerceQuery(inPath, schema)],
    ['the body', inBody],
    ['the query', coerceQuery(call.query, schema)],
    ...(endpoint.headers.length > 0 ? [['the headers', { headers: wantedHeaders(endpoint, call) }] as const] : []),
  ]);
  return checkParameters(workflow, merged, '');
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is no object is no parameters, and is refused by their check. */
const bodyParameters = (body: EndpointBody, bodyAs: string | undefined, schema: object | undefined): unknown => {
  if (body.kind === 'none') return {};
  const whole = body.kind === 'json' ? body.value : body.kind === 'form' ? body.fields : body.text;
  if (bodyAs !== undefined) return { [bodyAs]: whole };
  // `null` is how some clients write that there is nothing.
  if (whole === null) return {};
  return body.kind === 'form' ? coerceQuery(body.fields, schema) : whole;
};

const merge = (sources: readonly Source[]): Parameters => {
  const merged: Parameters = {};
  const placeOf = new Map<string, string>();
  const conflicts: Violation[] = [];
  for (const [place, given] of sources) {
    for (const [name, value] of Object.entries(given)) {
      if (name === '__proto__') continue;
      const before = placeOf.get(name);
      if (before === undefined) {
        placeOf.set(name, place);
        merged[name] = value;
      } else if (!isDeepStrictEqual(merged[name], value))
        conflicts.push({ pointer: `/${name}`, detail: `is given in ${before} and, differently, in ${place}` });
    }
  }
  if (conflicts.length > 0) throw refusal('parameters.invalid', conflicts);
  return merged;
};

const wantedHeaders = ({ headers }: CompiledEndpoint, call: EndpointCall): Record<string, string> =>
  Object.fromEntries(
    headers.flatMap((name) => (call.headers[name] === undefined ? [] : [[name, String(call.headers[name])]])),
  );
