import { refusal } from '../door/checked.ts';

const visible = /^[\x21-\x7e]{1,255}$/;

/** The `Idempotency-Key` of a request; undefined if it has none. @throws Failure `request.invalid` */
export const readKey = (header: string | string[] | undefined): string | undefined => {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && visible.test(header)) return header;
  throw refusal('request.invalid', [
    { pointer: '', detail: 'Idempotency-Key must be 1 to 255 visible ASCII characters' },
  ]);
};
