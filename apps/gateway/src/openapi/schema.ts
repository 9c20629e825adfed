/** A JSON Schema of 2020-12, as OpenAPI 3.1 takes it. */
export type Schema = Record<string, unknown>;

export const componentRef = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` });

/** One of our own schemas as plain JSON, whose references by name (`WorkflowDocument`) are to components. */
export const ownSchema = (schema: object): Schema =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' && /^\w+$/.test(value) ? componentRef(value).$ref : value,
  ) as Schema;
