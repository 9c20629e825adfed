import { Type, type Static } from 'typebox';
import type { Violation } from './problem.ts';

/** What a workflow answers its caller with before it ends, checked and ready to be sent. */
export const EndpointAnswerSchema = Type.Object({
  status: Type.Integer(),
  /** The content type; absent: there is no body, or it is JSON. */
  type: Type.Optional(Type.String()),
  body: Type.Optional(Type.Unknown()),
  /** Where the caller is sent. */
  redirect: Type.Optional(Type.String()),
  headers: Type.Optional(Type.Record(Type.String(), Type.String())),
});
export type EndpointAnswer = Static<typeof EndpointAnswerSchema>;

/**
 * Headers that a workflow may set on an answer. Not among them is what decides how the answer is framed, who may read it, or what a proxy does
 * with it.
 */
export const answerHeaders = [
  'cache-control',
  'content-disposition',
  'content-language',
  'expires',
  'last-modified',
  'link',
  'retry-after',
  'vary',
  'x-correlation-id',
  'x-request-id',
  'x-robots-tag',
] as const;

/** Longer, and the connections of callers outlive what stands between them and the gateway. */
export const ENDPOINT_WAIT_MAX_MS = 5 * 60_000;

/** A caller of an endpoint that did not wait for the end, or not long enough. */
export interface AcceptedCall {
  runId: string;
  /** How far it is. Without a key, for whoever has this address. */
  statusUrl: string;
  /** Answers as the endpoint would have, once it can. Absent where links cannot be signed. */
  answerUrl?: string;
}

export const DetectionQuerySchema = Type.Object({
  /** Whether the headers of the sample are proposed as well. */
  headers: Type.Optional(Type.Boolean()),
});

/** What the parameters of an endpoint look like, going by samples. */
export interface DetectedParameters {
  workflow: string;
  /** JSON Schema 2020-12 of an object, as a document's `parameters`. */
  parameters: object;
  /** How many samples it was made of. */
  samples: number;
  /** Where it does not fit what the saved document says of its parameters; absent: the document says nothing, or there is none. */
  differences?: Violation[];
}
