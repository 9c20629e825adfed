import type { ActingUser } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import type { Assignment } from './assignment.ts';
import { isKept } from './check-fields.ts';

/** What a new thing is made with: `createdBy` too, where the type keeps it and a user makes it. */
export const withCreator = (
  type: StoredType,
  assignments: readonly Assignment[],
  as: ActingUser | undefined,
): readonly Assignment[] => {
  const column = type.column('createdBy');
  if (typeof as?.user !== 'string' || column === undefined || !isKept(type, column)) return assignments;
  return [...assignments, { column, operation: 'set', parameter: as.user, pointer: '/createdBy' }];
};
