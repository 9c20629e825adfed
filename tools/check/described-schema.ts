import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@nightshift/testing';
import { workflowDocumentSchema } from '@nightshift/workflow-core';

const sources = 'libs/workflow-core/src/{steps,blocks}/*.ts';

/** The parts of the schema that are described. */
interface Definitions {
  readonly step: { readonly anyOf: readonly { required: [string]; properties: Record<string, object> }[] };
  readonly retry: object;
  readonly catch: object;
}

/** A comment right before what it says something of: an action (`create`, `deleteStep`), a block (`forBlock`), or a `RetrySchema`. */
const documented = /\/\*\*\n((?: \*.*\n)+?) \*\/\n(?:export )?const (\w+)/g;

/** What the code says of each kind of step, and of `retry` and `catch`: the first paragraph of the comment. */
const readDescriptions = (): Map<string, string> =>
  new Map(
    globSync(sources, { cwd: workspaceRoot })
      .flatMap((path) => [...readFileSync(join(workspaceRoot, path), 'utf8').matchAll(documented)])
      .map(([, comment, name]) => [nameInDocument(name!), firstParagraph(comment!)]),
  );

const nameInDocument = (name: string): string => {
  const word = name.replace(/(Step|Block|Schema)$/, '');
  return word.charAt(0).toLowerCase() + word.slice(1);
};

const firstParagraph = (comment: string): string =>
  comment
    .split('\n')
    .map((line) => line.replace(/^ \* ?/, ''))
    .join('\n')
    .split('\n\n')[0]!
    .replaceAll('\n', ' ')
    .trim();

/**
 * The JSON Schema of a workflow document with what the code says of each action, so that editors show it.
 * @throws Error naming an action of which the code says nothing
 */
export const describedSchema = (): object => {
  const descriptions = readDescriptions();
  const describe = (name: string, schema: object): object => {
    const description = descriptions.get(name);
    if (description === undefined) throw new Error(`there is no comment on ${name} in ${sources}`);
    return { ...schema, description };
  };
  const { $defs } = workflowDocumentSchema as unknown as { $defs: Definitions };
  const anyOf = $defs.step.anyOf.map((step) => {
    const [kind] = step.required;
    return { ...step, properties: { ...step.properties, [kind]: describe(kind, step.properties[kind]!) } };
  });
  return {
    ...workflowDocumentSchema,
    $defs: {
      ...$defs,
      step: { anyOf },
      retry: describe('retry', $defs.retry),
      catch: describe('catch', $defs.catch),
    },
  };
};
