import { Failure, type FailureCode } from '@nightshift/contracts';

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => uuid.test(text);

/** The id in the form that Postgres writes. @throws Failure of the code: what is not an id names nothing */
export const readId = (text: string, code: FailureCode): string => {
  if (!isUuid(text)) throw new Failure(code, { detail: `"${text.slice(0, 64)}" is not an id` });
  return text.toLowerCase();
};
