import type { Field, TypeDefinition } from '@nightshift/contracts';

/** What every thing has, and nobody declares. */
const builtIn = ['id: string', 'createdAt: string', 'updatedAt: string', 'createdBy: string | null'];

const scalars: Readonly<Record<Exclude<Field['kind'], 'option'>, string>> = {
  text: 'string',
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  date: 'string',
  dateTime: 'string',
  json: 'unknown',
  reference: 'string',
  file: 'string',
};

const valueOf = ({ kind, list, options }: Field): string => {
  const one =
    kind === 'option' ? (options ?? []).map((text) => JSON.stringify(text)).join(' | ') || 'string' : scalars[kind];
  if (list !== true) return one;
  return one.includes('|') ? `(${one})[]` : `${one}[]`;
};

const orNull = (field: Field): string => {
  const value = valueOf(field);
  return field.required === true || value === 'unknown' ? value : `${value} | null`;
};

/** A type of data as TypeScript: a thing as it is read, what one is made of, and what can be changed of it. */
export const typeOfThings = ({ name, fields }: TypeDefinition): string[] => {
  const declared = Object.entries(fields);
  const line = (isOptional: (field: Field) => boolean) =>
    declared.map(([field, of]) => `${JSON.stringify(field)}${isOptional(of) ? '?' : ''}: ${orNull(of)}`);
  const isOptional = ({ required, default: value }: Field): boolean => required !== true || value !== undefined;
  return [
    `${JSON.stringify(name)}: {`,
    `  thing: { ${[...builtIn, ...line(() => false)].join('; ')} };`,
    `  create: { ${line(isOptional).join('; ')} };`,
    `  change: { ${line(() => true).join('; ')} };`,
    '};',
  ];
};
