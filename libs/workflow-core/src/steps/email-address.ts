import { asList } from './action.ts';
import { describe, refuse, type Refused } from './refusal.ts';

/** Half of what RFC 5322 allows, and all that is used: no comments, no quoted local parts, no literals of IP addresses. */
const address = /^[^\s\p{Cc}@<>()[\],;:\\"]{1,64}@[^\s\p{Cc}@<>()[\],;:\\"]{1,253}$/u;
/**
 * A name before `<address>`. Unquoted it holds nothing that separates or delimits addresses, so that what a user calls himself cannot add a
 * recipient.
 */
const named = /^(?:"(?:[^"\\\p{Cc}\p{Zl}\p{Zp}]|\\["\\])*" *|[^"\\<>()[\],;:@\p{Cc}\p{Zl}\p{Zp}]*)<([^<>]*)>$/u;

/** No address and no name is longer. */
const MAX_LENGTH = 1000;

export const addressRule = 'must be an address, as in ada@example.com or Ada <ada@example.com>; several are a list';

/** Whether the text is one address, with or without a name: `ada@example.com`, `Ada <ada@example.com>`, `"Love, Ada" <…>`. */
export const isEmailAddress = (text: string): boolean =>
  text.length <= MAX_LENGTH && address.test(named.exec(text)?.[1] ?? text);

/** One address or several as expressions gave them. Null is nobody. */
export const addressesInput = (value: unknown, name: string): string[] | Refused => {
  const addresses: string[] = [];
  for (const item of asList(value)) {
    if (item === null) continue;
    if (typeof item !== 'string') return refuse(`${name} ${addressRule}, but is ${describe(item)}`);
    if (!isEmailAddress(item)) return refuse(`${name} ${addressRule}`);
    addresses.push(item);
  }
  return addresses;
};
