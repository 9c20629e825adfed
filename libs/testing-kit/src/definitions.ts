import { compileUserSchema, Failure, type Check, type TypeDefinition, type Violation } from '@nightshift/contracts';
import {
  checkDocument,
  compileEventTriggers,
  compileTriggers,
  compileWorkflow,
  guardsOf,
  parseDocument,
  type CompiledEventTrigger,
  type CompiledTrigger,
  type Guards,
  type Plan,
  type WorkflowDocument,
} from '@nightshift/workflow-core';

/** A document as text in YAML or JSON, or as it is written in JSON. */
export type DocumentSource = string | Readonly<Record<string, unknown>>;

/** One version of a workflow, ready to be executed. */
export interface Definition {
  readonly name: string;
  readonly version: number;
  readonly document: WorkflowDocument;
  readonly plan: Plan;
  readonly guards: Guards;
  readonly checkParameters: Check<unknown>;
  readonly checkResult?: Check<unknown>;
  readonly changeTriggers: readonly CompiledTrigger[];
  readonly eventTriggers: readonly CompiledEventTrigger[];
}

export interface Definitions {
  /** Saves and publishes documents together, so that they may name each other. @throws Error naming all that is wrong with them */
  publish(sources: readonly DocumentSource[]): void;
  /** @throws Failure `workflow.not_found` */
  published(name: string): Definition;
  version(name: string, version: number): Definition;
  all(): readonly Definition[];
}

const inWords = (violations: readonly Violation[]): string =>
  violations
    .map(({ pointer, detail, suggestion }) =>
      `  ${pointer} ${detail}${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`.trimEnd(),
    )
    .join('\n');

const parsed = (source: DocumentSource, place: string): Record<string, unknown> => {
  if (typeof source !== 'string') return structuredClone(source) as Record<string, unknown>;
  const read = parseDocument(source, 'yaml');
  if (!read.ok) throw new Error(`${place} cannot be read:\n${inWords(read.violations)}`);
  return read.value as Record<string, unknown>;
};

export const makeDefinitions = (types: readonly TypeDefinition[]): Definitions => {
  const versions = new Map<string, Definition[]>();

  const newest = (name: string): Definition | undefined => versions.get(name)?.at(-1);
  const all = (): Definition[] => [...versions.values()].map((of) => of.at(-1)!);

  const define = (document: WorkflowDocument): void => {
    const name = document.workflow;
    const before = versions.get(name) ?? [];
    versions.set(name, [
      ...before,
      {
        name,
        version: before.length + 1,
        document,
        plan: compileWorkflow(document),
        guards: guardsOf(document),
        checkParameters: compileUserSchema(document.parameters ?? { type: 'object' }),
        ...(document.returns && { checkResult: compileUserSchema(document.returns) }),
        changeTriggers: compileTriggers(document),
        eventTriggers: compileEventTriggers(document),
      },
    ]);
  };

  return {
    publish: (sources) => {
      const documents = sources.map((source, index) => parsed(source, `Document ${index + 1}`));
      const asKnown = ({ workflow, parameters, returns }: Record<string, unknown>) =>
        ({ name: String(workflow), ...(parameters ? { parameters } : {}), ...(returns ? { returns } : {}) }) as never;
      const workflows = [...all().map(({ document }) => asKnown({ ...document })), ...documents.map(asKnown)];
      const checked = documents.map((document) => {
        const check = checkDocument(document, { types, workflows });
        if (check.ok) return check.document;
        throw new Error(`The workflow "${String(document['workflow'])}" has mistakes:\n${inWords(check.violations)}`);
      });
      for (const document of checked) define(document);
    },
    published: (name) => {
      const found = newest(name);
      if (found === undefined)
        throw new Failure('workflow.not_found', { detail: `There is no workflow "${name}"; give it to the testbed` });
      return found;
    },
    version: (name, version) => versions.get(name)![version - 1]!,
    all,
  };
};
