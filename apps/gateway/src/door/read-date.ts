import { refusal } from './checked.ts';

/** A time as a date. The format allows seconds that no clock of ours has. @throws Failure `request.invalid` */
export const readDate = (pointer: string, time: string | undefined): Date | undefined => {
  if (time === undefined) return undefined;
  const date = new Date(time);
  if (!Number.isNaN(date.getTime())) return date;
  throw refusal('request.invalid', [{ pointer, detail: 'is not a moment that can come' }]);
};
