import { compileUserSchema, type Json, type TypeDefinition, type Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { compileTemplate } from '../expressions/template.ts';
import { isObject } from './json-object.ts';
import type { KnownWorkflow } from '../steps/step-kind.ts';
import { checkExpose } from '../endpoint/check-expose.ts';
import { checkFlow } from '../flow/check-flow.ts';
import { checkExpressions, type NamesInScope } from './check-expressions.ts';
import { checkSchema } from './check-schema.ts';
import { checkSteps } from './check-steps.ts';
import { checkTransactions } from './check-transactions.ts';
import { checkTriggers } from './check-triggers.ts';
import { frame, type WorkflowDocument } from './document-schema.ts';
import { checkReturns } from './check-returns.ts';
import { errorShape, eventTriggerShape, runShape, scopeNames, triggerShape, type Shape } from './shape.ts';
import { stepPlacesIn, type StepPlaces } from './step-places.ts';

/** What exists beside the document. The workflow itself need not be among the workflows. */
export interface DocumentContext {
  types: readonly TypeDefinition[];
  workflows: readonly KnownWorkflow[];
}

export type CheckedDocument = { ok: true; document: WorkflowDocument } | { ok: false; violations: Violation[] };

const frameSchema = Type.Object(
  {
    ...frame,
    // Each by the schema of its kind.
    triggers: Type.Optional(Type.Array(Type.Unknown())),
    do: Type.Unknown(),
    return: Type.Optional(Type.Unknown()),
  },
  { additionalProperties: false },
);

/** Everything that is wrong with a workflow document, each with its JSON Pointer and, where one is near, the right word. */
export const checkDocument = (input: unknown, context: DocumentContext): CheckedDocument => {
  if (!isObject(input)) return { ok: false, violations: [{ pointer: '', detail: 'must be an object' }] };
  if (isDeeperThan(DEEPEST, input))
    return { ok: false, violations: [{ pointer: '', detail: `is nested more than ${DEEPEST} deep` }] };
  const types = new Map(context.types.map((type) => [type.name, type]));
  const workflows = knownWorkflows(input, context.workflows);

  const names = scopeOf(input, types);
  const everyStep = stepPlacesIn(input['do'], '/do');
  const steps = checkSteps(input['do'], '/do', names, { types, workflows, seen: new Set(), everyStep });
  const violations = [
    ...checkSchema(frameSchema, input, '').filter(({ pointer }) => pointer !== '/do'),
    ...checkParametersSchema(input['parameters']),
    ...checkReturns(input['returns'], input['return']),
    ...checkExpose(input['expose'], input['parameters'], names, input['do']),
    ...checkTriggers(input['triggers'], types),
    ...checkFlow(input['flow'], '/flow', names),
    ...steps.violations,
    ...checkReturn(input['return'], steps.names, everyStep),
  ];
  if (violations.length > 0) return { ok: false, violations };
  const document = input as unknown as WorkflowDocument;
  const unrepeatable = checkTransactions(document);
  return unrepeatable.length === 0 ? { ok: true, document } : { ok: false, violations: unrepeatable };
};

/** Nobody writes a document this deep, and checks recurse. */
const DEEPEST = 100;

const isDeeperThan = (depth: number, value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (depth === 0 || Object.values(value).some((part) => isDeeperThan(depth - 1, part)));

/** The workflow that is being checked is known by what it says of itself, even if another version of it exists. */
const knownWorkflows = (
  input: Record<string, unknown>,
  others: readonly KnownWorkflow[],
): Map<string, KnownWorkflow> => {
  const workflows = new Map(others.map((workflow) => [workflow.name, workflow]));
  const { workflow: name, parameters, returns } = input;
  const isRight = isObject(parameters) && checkParametersSchema(parameters).length === 0;
  if (typeof name === 'string')
    workflows.set(name, { name, ...(isRight && { parameters }), ...(isObject(returns) && { returns }) });
  return workflows;
};

const scopeOf = (input: Record<string, unknown>, types: ReadonlyMap<string, TypeDefinition>): NamesInScope => {
  const names = new Map<string, Shape | undefined>(scopeNames.map((name) => [name, undefined]));
  names.delete('secrets');
  names.set('run', runShape);
  names.set('error', errorShape);
  names.set('parameters', parametersShape(input['parameters']));
  const triggers = (Array.isArray(input['triggers']) ? input['triggers'] : []).filter(isObject);
  const watched = new Set(triggers.map((trigger) => trigger['change']));
  const [type] = watched;
  if (triggers.length > 0 && triggers.every((trigger) => 'event' in trigger)) names.set('trigger', eventTriggerShape);
  else if (watched.size === 1) names.set('trigger', triggerShape(types.get(String(type))));
  return names;
};

/** Parameters are known only if no others may be given. */
const parametersShape = (schema: unknown): Shape | undefined => {
  if (!isObject(schema) || schema['additionalProperties'] !== false || !isObject(schema['properties']))
    return undefined;
  const fields = Object.fromEntries(Object.keys(schema['properties']).map((name) => [name, undefined]));
  return { description: 'parameters', fields };
};

const checkParametersSchema = (schema: unknown): Violation[] => {
  const pointer = '/parameters';
  if (!isObject(schema)) return [];
  if (schema['type'] !== 'object')
    return [{ pointer: `${pointer}/type`, detail: 'must be object: parameters are given by name' }];
  try {
    compileUserSchema(schema);
    return [];
  } catch (error) {
    return [{ pointer, detail: `is not a JSON Schema: ${(error as Error).message}` }];
  }
};

const checkReturn = (template: unknown, names: NamesInScope, everyStep: StepPlaces): Violation[] => {
  if (template === undefined) return [];
  const { violations, expressions } = compileTemplate(template as Json, '/return');
  return [...violations, ...checkExpressions(expressions, names, everyStep)];
};
