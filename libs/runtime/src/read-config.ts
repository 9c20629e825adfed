import { compileSchema } from '@nightshift/contracts';
import type { Static, TObject } from 'typebox';

const number = /^-?\d+(\.\d+)?$/;
const truths = new Set(['true', '1', 'yes', 'on']);
const untruths = new Set(['false', '0', 'no', 'off']);

/** The text as the type that the schema asks for; text that is not of that type stays as it is, for the check to refuse. */
const coerce = (text: string, type: unknown): unknown => {
  if ((type === 'integer' || type === 'number') && number.test(text)) return Number(text);
  if (type === 'boolean' && truths.has(text.toLowerCase())) return true;
  if (type === 'boolean' && untruths.has(text.toLowerCase())) return false;
  return text;
};

/**
 * Reads the variables that the schema names, with its defaults. An empty variable counts as missing.
 * @throws Error that names every missing or bad variable and no value
 */
export const readConfig = <S extends TObject>(
  schema: S,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Static<S> => {
  const config: Record<string, unknown> = {};
  for (const [name, property] of Object.entries(schema.properties)) {
    const { type, default: byDefault } = property as { type?: unknown; default?: unknown };
    const text = env[name]?.trim();
    const value = text === undefined || text === '' ? byDefault : coerce(text, type);
    if (value !== undefined) config[name] = value;
  }
  const checked = compileSchema(schema)(config);
  if (checked.ok) return checked.value;
  const complaints = checked.violations.map(({ pointer, detail }) => `${pointer.slice(1)} ${detail}`);
  throw new Error(`configuration: ${[...new Set(complaints)].join('; ')}`);
};
