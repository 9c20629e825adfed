import { isMap, isScalar, isSeq, type Document, type LineCounter, type Node } from 'yaml';
import type { Place } from './definition.ts';

const unescape = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');

/** The node of a JSON Pointer, or of the longest part of it that is there; of a key, the key itself. */
const nodeAt = (document: Document.Parsed, pointer: string): Node | null => {
  let found: Node | null = document.contents;
  let at: unknown = document.contents;
  for (const part of pointer.split('/').slice(1).map(unescape)) {
    if (isMap(at)) {
      const pair = at.items.find(({ key }) => isScalar(key) && String(key.value) === part);
      if (pair === undefined) return found;
      found = pair.key as Node;
      at = pair.value;
    } else if (isSeq(at)) {
      const item = at.items[Number(part)];
      if (item === undefined) return found;
      found = item as Node;
      at = item;
    } else return found;
  }
  return found;
};

/** Finds places in one document of a file. */
export const makeLocate =
  (document: Document.Parsed, lines: LineCounter) =>
  (pointer: string): Place => {
    const [offset = 0] = nodeAt(document, pointer)?.range ?? [];
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
