import { DurationSchema } from '@nightshift/contracts';
import { Type, type Static } from 'typebox';
import { answerParts } from '../steps/respond.ts';

const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

const { status, type, redirect, headers } = answerParts;

const ExposeAnswerSchema = Type.Object(
  {
    type,
    status,
    redirect,
    headers,
    hosts: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z0-9.-]+(:\\d+)?$', description: 'a host, as in shop.example.com' }), {
        description: "Where redirects may lead to beside paths of this host: of the workflow's `respond` steps, too.",
      }),
    ),
    onError: Type.Optional(Type.Object({ status, redirect }, { additionalProperties: false })),
  },
  {
    additionalProperties: false,
    description:
      'How the caller is answered: with JSON and 200, if absent. Expressions see `result`, `parameters`, `run`; in `onError`, `error`.',
  },
);

/** The address of a workflow outside, who may call it, and how he is answered. */
export const ExposeSchema = Type.Object(
  {
    auth: Type.Optional(
      Type.Enum(['none', 'user', 'admin'], {
        description:
          'Who may call `/wf/{name}`: anybody; a user, or a key that may start it; or only such a key, if absent.',
      }),
    ),
    methods: Type.Optional(Type.Array(Type.Enum([...httpMethods]), { minItems: 1, description: 'POST if absent.' })),
    path: Type.Optional(
      Type.String({
        pattern: '^/',
        maxLength: 500,
        description: 'What follows the name: `/orders/{id}` is at `/wf/{name}/orders/17`, with the parameter `id`.',
      }),
    ),
    headers: Type.Optional(
      Type.Array(Type.String({ pattern: '^[a-z0-9-]+$', description: 'a header, in lower case' }), {
        minItems: 1,
        description: 'Headers of the request that the workflow gets, as `parameters.headers`.',
      }),
    ),
    bodyAs: Type.Optional(
      Type.String({ description: 'The parameter that the body is as a whole. Absent: its keys are the parameters.' }),
    ),
    signature: Type.Optional(
      Type.Object(
        { source: Type.String({ description: 'The event source whose signature is asked for.' }) },
        {
          additionalProperties: false,
          description: 'In place of `auth`: the request is signed, and one that comes again starts nothing.',
        },
      ),
    ),
    when: Type.Optional(
      Type.String({
        description: 'An expression over `parameters` and `currentUser`; no run starts unless it is true.',
      }),
    ),
    whenNotMet: Type.Optional(
      Type.Integer({ minimum: 200, maximum: 400, description: '200: a false `when` is no error. 400 if absent.' }),
    ),
    mode: Type.Optional(
      Type.Enum(['wait', 'accepted'], {
        description: 'Whether the caller waits for the answer, if absent, or is told where to look for it.',
      }),
    ),
    timeout: Type.Optional(DurationSchema),
    answer: Type.Optional(ExposeAnswerSchema),
  },
  { additionalProperties: false, description: 'Absent: the workflow is not reachable from outside.' },
);
export type Expose = Static<typeof ExposeSchema>;
