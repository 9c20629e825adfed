import { compileUserSchema, Failure, type TypeDefinition } from '@nightshift/contracts';
import { checkDocument, compileWorkflow, guardsOf, parseDocument } from '@nightshift/workflow-core';
import type { Definition, Definitions } from '../../apps/executor/src/definitions.ts';
import { FLAKY, REFUSED, THING } from './data-service.ts';
import { workflows, type Workflow } from './workflows.ts';

const json = { kind: 'json', required: false } as const;
const fields: TypeDefinition['fields'] = {
  n: { kind: 'number', required: false },
  ...{ of: json, by: json, item: json, undo: json },
};

/** Compiled once for all simulations: a version never changes. */
const compile = ({ yaml }: Workflow): Definition => {
  const parsed = parseDocument(yaml, 'yaml');
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.violations));
  const known = [...workflows.keys()].map((name) => ({ name, parameters: { type: 'object' } }));
  const checked = checkDocument(parsed.value, {
    types: [THING, FLAKY, REFUSED].map((name) => ({ name, fields })),
    workflows: known,
  });
  if (!checked.ok) throw new Error(`${yaml}\n${JSON.stringify(checked.violations, null, 2)}`);
  return {
    version: 1,
    plan: compileWorkflow(checked.document),
    checkParameters: compileUserSchema({ type: 'object' }),
    guards: guardsOf(checked.document),
    ignoresPrivacy: false,
  };
};

const compiled = new Map([...workflows].map(([name, workflow]) => [name, compile(workflow)]));

export const definitionOf = (workflow: string): Definition => {
  const definition = compiled.get(workflow);
  if (!definition) throw new Failure('workflow.not_found', { detail: workflow });
  return definition;
};

/** What an executor knows of workflows: all of them are published, in their only version. */
export const definitions: Definitions = {
  version: async (workflow) => definitionOf(workflow),
  published: async (workflow) => definitionOf(workflow),
};
