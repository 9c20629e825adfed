import { failuresOf, type Operation } from '@nightshift/contracts';
import { answersOf } from './answers.ts';
import { examples } from './examples.ts';
import { parametersOf } from './parameters.ts';
import type { ProblemResponses } from './problem-responses.ts';
import { ownSchema, type Schema } from './schema.ts';

const binary = { type: 'string', format: 'binary' };

const otherBodies: Readonly<Record<string, object>> = {
  'multipart/form-data': { schema: { type: 'object', properties: { file: binary }, required: ['file'] } },
  'application/x-www-form-urlencoded': { schema: { type: 'object' } },
  'application/yaml': { schema: { type: 'string', description: 'The same as YAML.' } },
  'application/x-ndjson': { schema: { type: 'string', description: 'One JSON value in each line.' } },
  'text/csv': { schema: { type: 'string', description: 'A header, and one row in each line.' } },
};

const needsBody = ({ body, bodies, failures = [] }: Operation): boolean => {
  // Whether an endpoint needs one is said by its workflow.
  if (body === undefined) return bodies !== undefined && !failures.includes('parameters.invalid');
  const { required, minProperties } = body as { required?: string[]; minProperties?: number };
  return (required?.length ?? 0) > 0 || (minProperties ?? 0) > 0 || '$ref' in body;
};

const bodyOf = (id: string, operation: Operation): object | undefined => {
  const { body, bodies = [] } = operation;
  if (body === undefined && bodies.length === 0) return undefined;
  const example = examples[id];
  return {
    ...(needsBody(operation) && { required: true }),
    content: {
      ...(body !== undefined && {
        'application/json': { schema: ownSchema(body), ...(example !== undefined && { example }) },
      }),
      ...Object.fromEntries(
        bodies.map((type) => [type, otherBodies[type] ?? (/[/+]json$/.test(type) ? {} : { schema: binary })]),
      ),
    },
  };
};

const securityOf = ({ access, forUsers, failures = [] }: Operation): Schema[] => {
  // Public to the door, and refused further in: nothing may be shown, or who asks says who he is.
  if (access === 'public') return failures.includes('auth.missing_key') ? [{}, { key: [] }, { user: [] }] : [];
  return forUsers ? [{ key: [] }, { user: [] }] : [{ key: [] }];
};

/** `runs.cancel` and `wf.sign-up.post` are about `runs` and `wf`. */
export const tagOf = (id: string): string => id.split('.')[0]!;

/** An operation as OpenAPI describes it. */
export const describeOperation = (id: string, operation: Operation, problems: ProblemResponses): object => {
  const { access, summary, answers } = operation;
  const requestBody = bodyOf(id, operation);
  return {
    operationId: id,
    tags: [tagOf(id)],
    summary,
    security: securityOf(operation),
    'x-required-role': access,
    parameters: parametersOf(operation),
    ...(requestBody && { requestBody }),
    // What it answers in spite of a failure's status is what it says itself.
    responses: { ...problems.of(failuresOf(operation)), ...answersOf(answers) },
  };
};
