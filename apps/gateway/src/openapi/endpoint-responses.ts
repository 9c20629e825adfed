import type { Schema } from './schema.ts';

/** `default`: whatever status an expression makes. */
export type ResponseStatus = number | 'default';

/** One way in which an endpoint answers; several can have the same status. */
export interface EndpointResponse {
  status: ResponseStatus;
  description: string;
  headers?: Schema;
  /** By media type. */
  content?: Readonly<Record<string, { schema?: Schema }>>;
}

type Contents = NonNullable<EndpointResponse['content']>;

/** What is not said the same way twice may be either. */
const eitherOf = (one: Contents, other: Contents): Contents => {
  const both = { ...one };
  for (const [type, { schema = {} }] of Object.entries(other)) {
    const before = both[type]?.schema;
    if (before === schema) continue;
    both[type] = { schema: before === undefined ? schema : { anyOf: [before, schema] } };
  }
  return both;
};

/** Responses by status, as OpenAPI has them. @param hasContent not for `HEAD` */
export const byStatus = (responses: readonly EndpointResponse[], hasContent: boolean): Record<string, object> =>
  Object.fromEntries(
    [...Map.groupBy(responses, ({ status }) => status)].map(([status, some]) => {
      const content = some.reduce<Contents>((before, response) => eitherOf(before, response.content ?? {}), {});
      const headers = Object.assign({}, ...some.map((response) => response.headers)) as Schema;
      return [
        status,
        {
          description: some.map(({ description }) => description).join(' '),
          ...(Object.keys(headers).length > 0 && { headers }),
          ...(hasContent && Object.keys(content).length > 0 && { content }),
        },
      ];
    }),
  );
