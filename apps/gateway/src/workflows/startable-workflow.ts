import { compileUserSchema, type Check, type Violation } from '@nightshift/contracts';
import type { WorkflowVersion } from '@nightshift/ledger';
import type { WorkflowDocument } from '@nightshift/workflow-core';
import { refusal, within } from '../door/checked.ts';

export type Parameters = Record<string, unknown>;

/** A version of a workflow, ready to start runs of. */
export interface StartableWorkflow {
  readonly name: string;
  readonly version: number;
  readonly document: WorkflowDocument;
  /** Checks parameters and adds the defaults that its schema declares to them. */
  readonly check: Check<Parameters>;
}

const isObject = (value: unknown): value is Parameters =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const notAnObject: Violation[] = [{ pointer: '', detail: 'must be an object' }];

const compileCheck = (schema: object | undefined): Check<Parameters> => {
  const check = schema === undefined ? undefined : (compileUserSchema(schema) as Check<Parameters>);
  return (value) => {
    if (!isObject(value)) return { ok: false, violations: notAnObject };
    return check === undefined ? { ok: true, value } : check(value);
  };
};

export const makeStartable = ({ workflow, version, document }: WorkflowVersion): StartableWorkflow => {
  const checkedAtSave = document as WorkflowDocument;
  return { name: workflow, version, document: checkedAtSave, check: compileCheck(checkedAtSave.parameters) };
};

/**
 * The parameters with defaults added. The given object is changed.
 * @param place where they are within the request: `/parameters`, or nothing if they are all of it
 * @throws Failure `parameters.invalid` naming each that is wrong
 */
export const checkParameters = (workflow: StartableWorkflow, parameters: unknown, place: string): Parameters => {
  const result = workflow.check(parameters);
  if (!result.ok) throw refusal('parameters.invalid', within(place, result.violations));
  return result.value;
};
