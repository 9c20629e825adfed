import type { RunWhere } from '@nightshift/contracts';
import type { ControlTarget, ControlWhere } from '@nightshift/ledger';
import { refusal } from '../door/checked.ts';
import { readDate } from '../door/read-date.ts';

/** Criteria of a body as the ledger takes them. @throws Failure `request.invalid` */
export const readWhere = (where: RunWhere): ControlWhere => {
  const { requestedAfter, requestedBefore, dueAfter, dueBefore, parameters, ...same } = where;
  return {
    ...same,
    requestedAfter: readDate('/where/requestedAfter', requestedAfter),
    requestedBefore: readDate('/where/requestedBefore', requestedBefore),
    dueAfter: readDate('/where/dueAfter', dueAfter),
    dueBefore: readDate('/where/dueBefore', dueBefore),
    ...(parameters && { parameters: [[parameters]] }),
  };
};

/** Which runs are meant: exactly one of the two ways to say so. @throws Failure `request.invalid` */
export const readTarget = ({ ids, where }: { ids?: string[]; where?: RunWhere }): ControlTarget => {
  if (ids !== undefined && where === undefined) return { runIds: [...new Set(ids.map((id) => id.toLowerCase()))] };
  if (where !== undefined && ids === undefined) return { where: readWhere(where) };
  throw refusal('request.invalid', [{ pointer: '', detail: 'must have exactly one of ids and where' }]);
};
