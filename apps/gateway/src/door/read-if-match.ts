import { refusal } from './checked.ts';

const listed = /^\s*(W\/)?"([\x21\x23-\x7e]*)"\s*(?:,|$)/;

/**
 * The versions of `If-Match`; undefined: any will do. A weak one is never the same as any. RFC 9110, section 13.1.1.
 * @throws Failure `request.invalid`
 */
export const readIfMatch = (header: string | undefined): string[] | undefined => {
  if (header === undefined || header.trim() === '*') return undefined;
  const versions: string[] = [];
  for (let rest = header; rest !== '';) {
    const [part, weak, version] = listed.exec(rest) ?? [];
    if (part === undefined)
      throw refusal('request.invalid', [{ pointer: '', detail: 'If-Match must be an ETag as it was answered, or *' }]);
    if (weak === undefined) versions.push(version!);
    rest = rest.slice(part.length);
  }
  return versions;
};

/** A version as `ETag` has it. */
export const asETag = (version: string): string => `"${version}"`;
