import { isFinal, runStatuses, type Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkOneOf } from '../document/check-which.ts';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { unknownWord } from '../document/violation.ts';
import { isWrittenOut } from '../document/written-out.ts';
import { asInput, asList, type Action } from './action.ts';
import type { CancelRequest } from './effect.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import type { Place, StepKind } from './step-kind.ts';
import { orExpression } from './text-or-expression.ts';
import { textInput } from './text-input.ts';

const statuses = runStatuses.filter((status) => !isFinal(status));
const ids = Type.Optional(orExpression(Type.Array(Type.String())));
const criteria = {
  workflow: Type.Optional(Type.String()),
  chainId: Type.Optional(Type.String()),
  listId: Type.Optional(Type.String()),
  parentRunId: Type.Optional(Type.String()),
  status: Type.Optional(orExpression(Type.Enum(statuses))),
  key: Type.Optional(Type.String()),
};
const criteriaWords = Object.keys(criteria);

/**
 * Cancels runs and schedules, by id, whole lists, or all runs that every criterion in `where` fits: `workflow`, `chainId`, `listId`,
 * `parentRunId`, `status`, `key` (what a schedule was given). The result is `{ cancelled, unchanged }`: how many were, and how many had ended before. An id that is null or
 * that an expression does not give cancels nothing; a criterion that is null is a failure, since without it more would be cancelled.
 *
 * ```yaml
 * - enough: { cancel: { run: =reminder.runId, reason: The order was paid } }
 * - rest:   { cancel: { where: { workflow: remind, chainId: =run.chain } } }
 * ```
 */
export const cancel = {
  schema: Type.Object(
    {
      run: Type.Optional(Type.String()),
      runs: ids,
      list: Type.Optional(Type.String()),
      lists: ids,
      where: Type.Optional(Type.Object(criteria, { additionalProperties: false })),
      reason: Type.Optional(Type.String()),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: false,
  nullIn: ['where'],
  check: (action, place) => [
    ...checkOneOf(['run', 'runs', 'list', 'lists', 'where'], action, place.pointer),
    ...checkCriteria(action, place),
  ],
  resultShape: () => ({
    description: 'the result of a cancellation',
    fields: { cancelled: undefined, unchanged: undefined },
  }),
  prepare: (input) => {
    const { run, runs = run, list, lists = list, where, reason: why } = asInput(input);
    const reason = textInput(why, 'reason');
    if (typeof reason === 'object') return reason;
    const request = where === undefined ? idsOf(runs, lists) : criteriaOf(where);
    if ('problem' in request) return request;
    // Nobody is asked to cancel nothing, lest it be taken for no limit.
    if (request.runs?.length === 0 && request.lists?.length === 0)
      return { kind: 'value', value: { cancelled: 0, unchanged: 0 } };
    return { kind: 'cancel', ...request, ...(reason !== undefined && { reason }) };
  },
} as const satisfies StepKind;

const checkCriteria = ({ where }: Action, { pointer, workflows }: Place): Violation[] => {
  if (!isObject(where)) return [];
  const at = appendPointer(pointer, 'where');
  if (Object.keys(where).length === 0)
    return [{ pointer: at, detail: `needs at least one of ${criteriaWords.join(', ')}` }];
  const { workflow } = where;
  if (typeof workflow !== 'string' || !isWrittenOut(workflow) || workflows.has(workflow)) return [];
  return [unknownWord(appendPointer(at, 'workflow'), `there is no workflow ${workflow}`, workflow, workflows.keys())];
};

const idsOf = (runs: unknown, lists: unknown): CancelRequest | Refused => {
  const given = { runs: asList(runs), lists: asList(lists) };
  const request: Required<Pick<CancelRequest, 'runs' | 'lists'>> = { runs: [], lists: [] };
  for (const word of ['runs', 'lists'] as const) {
    for (const id of given[word]) {
      if (id === null) continue;
      if (typeof id !== 'string' || id === '')
        return refuse(`${word} must hold ids of ${word}, but one is ${describe(id)}`);
      request[word].push(id);
    }
  }
  return request;
};

const criteriaOf = (where: unknown): CancelRequest | Refused => {
  if (!isObject(where) || Object.keys(where).length === 0)
    return refuse(`where must have at least one of ${criteriaWords.join(', ')}`);
  for (const [word, value] of Object.entries(where)) {
    if (typeof value !== 'string' || value === '')
      return refuse(`where.${word} must be a text, but is ${describe(value)}`);
  }
  if (where['status'] !== undefined && !statuses.includes(where['status'] as (typeof statuses)[number]))
    return refuse(`where.status must be one of ${statuses.join(', ')}`);
  return { where: where as CancelRequest['where'] };
};
