import { Failure, type Where } from '@nightshift/contracts';
import type { StoredType } from '../catalog/stored-type.ts';
import { UUID_OID } from '../values/kind-of-oid.ts';
import { canBeId } from './read-thing.ts';

/** Which things. Each id once; those that no thing can have are left out. */
export type Selection = { readonly ids: readonly string[] } | { readonly where: Where };

/** @throws Failure `request.invalid` unless it is exactly one of the two */
export const selectionOf = (type: StoredType, { ids, where }: { ids?: string[]; where?: Where }): Selection => {
  if (ids !== undefined && where !== undefined) throw notOne('/where', 'cannot be beside ids: say one of the two');
  if (where !== undefined) return { where };
  if (ids === undefined) throw notOne('/where', 'is required, unless there are ids');
  // A UUID may be written in capitals.
  const written = type.id.typeOid === UUID_OID ? ids.map((id) => id.toLowerCase()) : ids;
  return { ids: [...new Set(written)].filter((id) => canBeId(type, id)) };
};

const notOne = (pointer: string, detail: string): Failure =>
  new Failure('request.invalid', { detail: `${pointer.slice(1)} ${detail}`, errors: [{ pointer, detail }] });
