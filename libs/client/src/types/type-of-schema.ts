import { compile } from 'json-schema-to-typescript';

type Schema = Readonly<Record<string, unknown>>;

/** Where the platform fills a value in, nobody has to give one. */
const withDefaultsOptional = (schema: unknown): unknown => {
  if (Array.isArray(schema)) return schema.map(withDefaultsOptional);
  if (typeof schema !== 'object' || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([word, value]) => [word, withDefaultsOptional(value)]));
  const { required, properties } = inner as { required?: unknown; properties?: Record<string, Schema> };
  if (!Array.isArray(required)) return inner;
  const hasDefault = (name: unknown): boolean => properties?.[String(name)]?.['default'] !== undefined;
  return { ...inner, required: required.filter((name) => !hasDefault(name)) };
};

/** The root's own title would be its name. */
const withoutTitle = ({ title: _title, $id: _id, ...schema }: Schema): Schema => schema;

export interface SchemaType {
  /** Declarations that `expression` needs. */
  declarations: string;
  expression: string;
}

/**
 * A JSON Schema as TypeScript. Its names are in a namespace of its own, since those of two schemas may be the same. References lead nowhere
 * but into the schema itself: no file is read, and no address asked.
 */
export const typeOfSchema = async (
  schema: object | undefined,
  { namespace, isInput, otherwise }: { namespace: string; isInput: boolean; otherwise: string },
): Promise<SchemaType> => {
  if (schema === undefined) return { declarations: '', expression: otherwise };
  const root = withoutTitle((isInput ? withDefaultsOptional(schema) : schema) as Schema);
  try {
    const text = await compile(root, 'Value', {
      additionalProperties: false,
      bannerComment: '',
      format: false,
      unknownAny: true,
      $refOptions: { resolve: { file: false, http: false, external: false } },
    });
    return {
      declarations: `export declare namespace ${namespace} {\n${text.trim()}\n}`,
      expression: `${namespace}.Value`,
    };
  } catch {
    // A schema that cannot be said in TypeScript says nothing; the platform checks by it all the same.
    return { declarations: '', expression: otherwise };
  }
};
