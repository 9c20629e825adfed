/** A JSON Pointer (RFC 6901) to a member of what `pointer` points to. */
export const appendPointer = (pointer: string, key: string | number): string =>
  `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
