import type { ChangeEvent } from '@nightshift/contracts';
import type { Scope } from '../expressions/scope.ts';

/** What a trigger looks at: one change, or all that a transaction did to a thing. */
export type ChangeView = Pick<ChangeEvent['data'], 'type' | 'kind' | 'before' | 'now' | 'changedFields' | 'origin'>;

/** What a trigger's condition sees. */
export const changeScope = ({ before, now, kind, changedFields }: ChangeView): Scope => ({
  before,
  now,
  kind,
  changedFields,
});
