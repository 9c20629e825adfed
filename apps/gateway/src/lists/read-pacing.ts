import { compileSchema, ListPacingSchema, type ListPacing } from '@nightshift/contracts';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import { readDuration } from '../door/read-duration.ts';

const check = compileSchema(ListPacingSchema);

/** How an uploaded list is paced, from the query string. `parameters` is JSON there. @throws Failure `request.invalid` */
export const readPacing = (query: Record<string, string | string[] | undefined>): ListPacing => {
  const pacing = coerceQuery(query, ListPacingSchema);
  if (typeof pacing['interval'] === 'string') pacing['interval'] = readDuration('interval', pacing['interval']);
  return checked(check, pacing);
};
