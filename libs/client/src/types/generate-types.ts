import type { TypeDefinition, WorkflowInfo } from '@nightshift/contracts';
import type { Client } from '../create-client.ts';
import { typeOfSchema, type SchemaType } from './type-of-schema.ts';
import { typeOfThings } from './types-of-things.ts';

export interface GenerateTypesOptions {
  /** How the interface is called; `Deployment` unless told. */
  name?: string;
}

/** What is asked for what there is. */
export interface TypesSource {
  workflows: Pick<Client['workflows'], 'list' | 'version'>;
  types: Pick<Client['types'], 'list'>;
}

interface TypedWorkflow {
  name: string;
  title: string | undefined;
  parameters: SchemaType;
  result: SchemaType;
}

/**
 * What there is in a deployment, as TypeScript for `createClient<Deployment>()`: its published workflows with their parameters and results, and
 * its types of data. The same deployment gives the same text.
 * @throws NightshiftError
 */
export const generateTypes = async (
  { workflows, types }: TypesSource,
  { name = 'Deployment' }: GenerateTypesOptions = {},
): Promise<string> => {
  const published = (await workflows.list()).filter(({ publishedVersion }) => publishedVersion !== null);
  const typed = await Promise.all(published.toSorted(byName).map((workflow) => typeWorkflow(workflows, workflow)));
  const definitions: TypeDefinition[] = (await types.list()).toSorted(byName);
  const declarations = typed.flatMap(({ parameters, result }) => [parameters.declarations, result.declarations]);
  return [
    '/* eslint-disable */',
    '// Written by generateTypes of @nightshift/client/types: what there is in one deployment. Write it anew instead of changing it.',
    '',
    `export interface ${name} {`,
    '  workflows: {',
    ...indented(typed.flatMap(lineOf)),
    '  };',
    '  types: {',
    ...indented(definitions.flatMap(typeOfThings)),
    '  };',
    '}',
    ...declarations.filter((text) => text !== '').flatMap((text) => ['', text]),
    '',
  ].join('\n');
};

const byName = (one: { name: string }, other: { name: string }): number => (one.name < other.name ? -1 : 1);

const indented = (lines: string[]): string[] => lines.map((line) => `    ${line}`);

const typeWorkflow = async (
  workflows: TypesSource['workflows'],
  { name, publishedVersion }: WorkflowInfo,
): Promise<TypedWorkflow> => {
  const { document } = await workflows.version(name, publishedVersion!);
  const { title, parameters, returns } = document as { title?: string; parameters?: object; returns?: object };
  const words = name.split('-').map((word) => word[0]!.toUpperCase() + word.slice(1));
  const namespace = words.join('');
  return {
    name,
    title,
    parameters: await typeOfSchema(parameters, {
      namespace: `${namespace}Parameters`,
      isInput: true,
      otherwise: 'Record<string, unknown>',
    }),
    result: await typeOfSchema(returns, { namespace: `${namespace}Result`, isInput: false, otherwise: 'unknown' }),
  };
};

const lineOf = ({ name, title, parameters, result }: TypedWorkflow): string[] => [
  ...(title === undefined ? [] : [`/** ${title.replaceAll('*/', '* /').replace(/\s+/g, ' ')} */`]),
  `${JSON.stringify(name)}: { parameters: ${parameters.expression}; result: ${result.expression} };`,
];
