import ts from 'typescript';

export type JsonSchema = Record<string, unknown>;

/** As they were written down. */
const byPlace = (one: ts.Symbol, other: ts.Symbol): number => {
  const [here, there] = [one, other].map((symbol) => symbol.declarations?.[0]);
  if (!here || !there) return 0;
  const [file, otherFile] = [here, there].map((declaration) => declaration.getSourceFile().fileName);
  return file === otherFile ? here.pos - there.pos : file! < otherFile! ? -1 : 1;
};

const refTo = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

const has = (type: ts.Type, flags: ts.TypeFlags): boolean => (type.flags & flags) !== 0;

const byText = (one: unknown, other: unknown): number => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1);

/** Union of schemas, as short as it can be said. */
const anyOf = (schemas: readonly JsonSchema[]): JsonSchema => {
  const plain = schemas.filter((schema) => Object.keys(schema).join() === 'type').map(({ type }) => type);
  const others = schemas.filter((schema) => Object.keys(schema).join() !== 'type');
  // Null comes last; which part comes first is for the compiler to choose, and it may choose otherwise tomorrow.
  const types = [...new Set(plain)].sort(
    (one, other) => Number(one === 'null') - Number(other === 'null') || byText(one, other),
  );
  const all = [...others.sort(byText), ...(types.length > 0 ? [{ type: types.length === 1 ? types[0] : types }] : [])];
  return all.length === 1 ? all[0]! : { anyOf: all };
};

export interface TypeSchemas {
  /** Adds a component for a type. */
  define(name: string, node: ts.TypeNode): void;
  /** The components so far, and those that they refer to, by name. */
  all(): Record<string, JsonSchema>;
}

/**
 * JSON Schemas of TypeScript types. A type that has a name within the folder becomes a component of that name; anything else is written where it
 * stands. What is computed from a schema (`Static<typeof …>`) is read as what it comes to.
 */
export const makeTypeSchemas = (checker: ts.TypeChecker, folder: string): TypeSchemas => {
  const components = new Map<string, JsonSchema>();

  const described = (symbol: ts.Symbol | undefined, schema: JsonSchema): JsonSchema => {
    const text = ts
      .displayPartsToString(symbol?.getDocumentationComment(checker))
      .replaceAll(/\s*\n\s*/g, ' ')
      .trim();
    return text === '' ? schema : { ...schema, description: text };
  };

  const isOurs = (symbol: ts.Symbol): boolean =>
    (symbol.declarations ?? []).some((declaration) => declaration.getSourceFile().fileName.startsWith(folder));

  /** The symbol of a named type without parameters, as it is written or as the checker knows it. */
  const nameOf = (type: ts.Type, node: ts.TypeNode | undefined): ts.Symbol | undefined => {
    if (node !== undefined && ts.isTypeReferenceNode(node) && node.typeArguments === undefined) {
      const written = checker.getSymbolAtLocation(node.typeName);
      const symbol = written && written.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(written) : written;
      if (symbol && symbol.flags & (ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias) && isOurs(symbol))
        return symbol;
    }
    if (type.aliasSymbol && !type.aliasTypeArguments && isOurs(type.aliasSymbol)) return type.aliasSymbol;
    const { symbol } = type;
    const isInterface = symbol && symbol.flags & ts.SymbolFlags.Interface && isOurs(symbol);
    return isInterface && checker.getTypeArguments(type as ts.TypeReference).length === 0 ? symbol : undefined;
  };

  const schemaOf = (type: ts.Type, node?: ts.TypeNode): JsonSchema => {
    const symbol = nameOf(type, node);
    if (symbol === undefined) return written(type, node);
    if (!components.has(symbol.name)) {
      // It may refer to itself.
      components.set(symbol.name, {});
      components.set(symbol.name, described(symbol, written(type)));
    }
    return refTo(symbol.name);
  };

  const written = (type: ts.Type, node?: ts.TypeNode): JsonSchema => {
    if (has(type, ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return {};
    if (has(type, ts.TypeFlags.Null)) return { type: 'null' };
    if (has(type, ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral))
      return { const: (type as ts.LiteralType).value };
    if (has(type, ts.TypeFlags.BooleanLiteral)) return { const: checker.typeToString(type) === 'true' };
    if (has(type, ts.TypeFlags.Boolean)) return { type: 'boolean' };
    if (has(type, ts.TypeFlags.StringLike)) return { type: 'string' };
    if (has(type, ts.TypeFlags.NumberLike)) return { type: 'number' };
    if (type.isUnion()) return ofUnion(type, node);
    if (has(type, ts.TypeFlags.NonPrimitive)) return { type: 'object' };
    if (checker.isArrayType(type)) return ofArray(type, node);
    if (has(type, ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return ofObject(type);
    throw new Error(`JSON has no ${checker.typeToString(type)}`);
  };

  const ofUnion = (union: ts.UnionType, node: ts.TypeNode | undefined): JsonSchema => {
    const nodes = node && ts.isUnionTypeNode(node) ? node.types : undefined;
    // Where all parts are written out, their names are known.
    if (nodes?.some(ts.isTypeReferenceNode))
      return anyOf(nodes.map((part) => schemaOf(checker.getTypeFromTypeNode(part), part)));
    const parts = union.types.filter((part) => !has(part, ts.TypeFlags.Undefined));
    const literals = parts.filter((part) => has(part, ts.TypeFlags.StringLiteral | ts.TypeFlags.NumberLiteral));
    const isBoolean = parts.filter((part) => has(part, ts.TypeFlags.BooleanLiteral)).length === 2;
    const others = parts.filter(
      (part) => !literals.includes(part) && !(isBoolean && has(part, ts.TypeFlags.BooleanLiteral)),
    );
    const values = literals.map((part) => (part as ts.LiteralType).value).sort(byText);
    return anyOf([
      ...(values.length === 1 ? [{ const: values[0] }] : values.length > 1 ? [{ enum: values }] : []),
      ...(isBoolean ? [{ type: 'boolean' }] : []),
      ...others.map((part) => schemaOf(part)),
    ]);
  };

  const ofArray = (type: ts.Type, node: ts.TypeNode | undefined): JsonSchema => {
    const [item] = checker.getTypeArguments(type as ts.TypeReference);
    return { type: 'array', items: schemaOf(item!, node && ts.isArrayTypeNode(node) ? node.elementType : undefined) };
  };

  const ofObject = (type: ts.Type): JsonSchema => {
    if (type.getCallSignatures().length > 0) throw new Error(`JSON has no ${checker.typeToString(type)}`);
    const properties: Record<string, JsonSchema> = {};
    const required: string[] = [];
    for (const property of checker.getPropertiesOfType(type).sort(byPlace)) {
      const declaration = property.valueDeclaration;
      const node = declaration && ts.isPropertySignature(declaration) ? declaration.type : undefined;
      const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
      if (!isOptional) required.push(property.name);
      const value = checker.getTypeOfSymbol(property);
      const given =
        isOptional && !has(value, ts.TypeFlags.Any | ts.TypeFlags.Unknown) ? withoutUndefined(value) : value;
      properties[property.name] = described(property, schemaOf(given, node));
    }
    const index = checker.getIndexInfoOfType(type, ts.IndexKind.String);
    return {
      type: 'object',
      ...(Object.keys(properties).length > 0 && { properties }),
      ...(required.length > 0 && { required }),
      ...(index && { additionalProperties: schemaOf(index.type) }),
    };
  };

  /** Null stays. */
  const withoutUndefined = (type: ts.Type): ts.Type => {
    if (!type.isUnion()) return type;
    const parts = type.types.filter((part) => !has(part, ts.TypeFlags.Undefined));
    return parts.length === 1 ? parts[0]! : type;
  };

  return {
    define: (name, node) => {
      const type = checker.getTypeFromTypeNode(node);
      const schema = schemaOf(type, node);
      if (schema['$ref'] !== refTo(name)['$ref']) components.set(name, schema);
    },
    all: () => Object.fromEntries([...components].sort(([one], [other]) => (one < other ? -1 : 1))),
  };
};
