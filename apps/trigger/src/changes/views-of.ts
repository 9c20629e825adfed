import type { ChangeEvent } from '@nightshift/contracts';
import type { ChangeView, CompiledTrigger } from '@nightshift/workflow-core';

/** A change as triggers of some sort look at it. */
export interface ViewFor {
  readonly view: ChangeView;
  /** Absent: for all of them. */
  readonly per?: CompiledTrigger['per'];
}

/**
 * What triggers look at. A thing that its transaction changed several times is told to triggers per transaction with its last change only,
 * as one change, and not at all if nothing is left of them.
 */
export const viewsOf = ({ data }: ChangeEvent): readonly ViewFor[] => {
  if (data.superseded === undefined && data.net === undefined) return [{ view: data }];
  const each: ViewFor = { view: data, per: 'change' };
  return data.net ? [each, { view: netView(data, data.net), per: 'transaction' }] : [each];
};

const netView = (
  { type, now, origin }: ChangeEvent['data'],
  { kind, before, changedFields }: NonNullable<ChangeEvent['data']['net']>,
): ChangeView => ({
  type,
  kind,
  changedFields,
  origin,
  ...(before && { before }),
  ...(now && kind !== 'deleted' && { now }),
});
