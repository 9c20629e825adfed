import { stringify } from 'yaml';
import { placeOf, type Defined } from './definition.ts';

/** A definition as a file holds it. The same definition gives the same text. */
export const toYaml = (defined: Defined): string => stringify(documentOf(defined), { lineWidth: 0 });

const documentOf = (defined: Defined): unknown => {
  const { kind, name, body } = defined;
  switch (kind) {
    case 'workflow':
      return body;
    case 'privacy':
      return { type: name, privacy: body };
    case 'type':
      return { type: name, ...body, fields: sorted(body.fields) };
    case 'flow':
    case 'eventSource':
    case 'webhook':
      return { [kind]: name, ...(sorted(body) as object) };
    case 'recurrence': {
      const { parameters, ...rest } = body;
      return { recurrence: name, ...(sorted(rest) as object), ...(parameters !== undefined && { parameters }) };
    }
  }
};

/** Objects whose order means nothing, in the order of their keys. */
const sorted = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(sorted) as T;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner as unknown)])) as T;
};

const folders: Record<Defined['kind'], string> = {
  type: 'types',
  privacy: 'types',
  workflow: 'workflows',
  flow: 'flows',
  recurrence: 'recurrences',
  eventSource: 'event-sources',
  webhook: 'webhooks',
};

/** Where an export puts it: below the folder of its kind. Names are made of letters that every file system takes, but for `:` in keys. */
export const pathOf = ({ kind, name }: Defined): string => {
  const { workflow, key } = placeOf(name);
  const file = kind === 'recurrence' ? `${workflow}.${key.replaceAll(':', '%3A')}` : name;
  return `${folders[kind]}/${file}.yaml`;
};

/** Everything that an export writes, by path; the rules of a type are in its file. */
export const toFiles = (all: readonly Defined[]): Map<string, string> => {
  const rules = new Map(
    all.flatMap((defined) => (defined.kind === 'privacy' ? [[defined.name, defined.body] as const] : [])),
  );
  const files = new Map<string, string>();
  for (const defined of all) {
    if (defined.kind === 'privacy') continue;
    const privacy = defined.kind === 'type' ? rules.get(defined.name) : undefined;
    const more = privacy === undefined ? '' : stringify({ privacy }, { lineWidth: 0 });
    files.set(pathOf(defined), toYaml(defined) + more);
  }
  return new Map([...files].sort(([one], [other]) => (one < other ? -1 : 1)));
};
