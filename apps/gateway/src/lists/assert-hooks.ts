import type { ListSettings } from '@nightshift/contracts';
import { mayStart, notAllowed } from '../door/assert-may.ts';
import type { Grant } from '../door/grant.ts';

/** A list starts workflows beside the one of its items: whoever makes it has to have the right to those, too. @throws Failure `auth.forbidden` */
export const assertHooks = (
  grant: Grant,
  { onComplete, onItemFailed, onProgress }: Pick<ListSettings, 'onComplete' | 'onItemFailed' | 'onProgress'>,
): void => {
  for (const workflow of [onComplete, onItemFailed, onProgress?.workflow])
    if (workflow !== undefined && !mayStart(grant, workflow)) throw notAllowed(grant, 'operator', workflow);
};
