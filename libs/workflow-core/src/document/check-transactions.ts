import type { Violation } from '@nightshift/contracts';
import { compileWorkflow, type PlanStep } from '../run/plan.ts';
import type { WorkflowDocument } from './document-schema.ts';
import { appendPointer } from './json-pointer.ts';

/**
 * What steps in a `transaction` compute for themselves must come out the same each time: a transaction that was committed but not yet
 * recorded is gone through again, with the answers that it had. Only what data steps write may depend on the clock or on chance.
 * @param document without other mistakes
 */
export const checkTransactions = (document: WorkflowDocument): Violation[] =>
  [...compileWorkflow(document).steps.values()].filter(isInTransaction).flatMap((step) => {
    const { condition, block, action, kind, pointer } = step;
    const place = condition?.isRecorded
      ? appendPointer(pointer, 'if')
      : block?.isRecorded || ((kind === 'set' || kind === 'raise') && action?.input.isRecorded)
        ? appendPointer(pointer, kind)
        : undefined;
    return place === undefined
      ? []
      : [{ pointer: place, detail: 'may not depend on the clock or on chance in a transaction; compute it before' }];
  });

const isInTransaction = ({ path }: PlanStep): boolean => path.some(({ owner }) => owner?.kind === 'transaction');
