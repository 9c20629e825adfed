import type { ScheduleCriteria } from '@nightshift/ledger';
import { refusal } from '../door/checked.ts';

type Query = Record<string, string | string[] | undefined>;

const PREFIX = 'parameter.';
const DEEPEST = 20;

/** What text of a query may mean: itself, and the number, truth value or null that is written so. */
const meaningsOf = (text: string): unknown[] => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? [text] : [text, value];
  } catch {
    return [text];
  }
};

const nested = (path: readonly string[], value: unknown): Record<string, unknown> => {
  const [name = '', ...deeper] = path;
  return { [name]: deeper.length === 0 ? value : nested(deeper, value) };
};

/**
 * Takes `parameter.<path>=<value>` out of a query: the parameter, or with dots what is within it, is the value.
 * @returns the rest, and for each what the parameters may hold
 * @throws Failure `request.invalid`
 */
export const readParameterCriteria = (
  given: Query,
): { query: Query; parameters: NonNullable<ScheduleCriteria['parameters']> } => {
  const query: Query = {};
  const parameters: Record<string, unknown>[][] = [];
  for (const [name, values] of Object.entries(given)) {
    if (!name.startsWith(PREFIX)) {
      query[name] = values;
      continue;
    }
    const path = name.slice(PREFIX.length).split('.');
    if (path.includes('') || path.length > DEEPEST)
      throw refusal('request.invalid', [{ pointer: `/${name}`, detail: 'must name a parameter' }]);
    for (const value of [values ?? []].flat())
      parameters.push(meaningsOf(value).map((meaning) => nested(path, meaning)));
  }
  return { query, parameters };
};
