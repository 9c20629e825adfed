import type { RunWhere } from '@nightshift/contracts';
import type { ControlTarget } from '@nightshift/ledger';
import { refusal } from '../door/checked.ts';

const dateOf = (time: string | undefined): Date | undefined => (time === undefined ? undefined : new Date(time));

/** Which runs are meant: exactly one of the two ways to say so. @throws Failure `request.invalid` */
export const readTarget = ({ ids, where }: { ids?: string[]; where?: RunWhere }): ControlTarget => {
  if (ids !== undefined && where === undefined) return { runIds: [...new Set(ids.map((id) => id.toLowerCase()))] };
  if (where !== undefined && ids === undefined) {
    const { requestedAfter, requestedBefore, ...same } = where;
    return { where: { ...same, requestedAfter: dateOf(requestedAfter), requestedBefore: dateOf(requestedBefore) } };
  }
  throw refusal('request.invalid', [{ pointer: '', detail: 'must have exactly one of ids and where' }]);
};
