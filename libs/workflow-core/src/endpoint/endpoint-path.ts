import { IDENTIFIER_PATTERN } from '@nightshift/contracts';

/** A part of an endpoint's path: a word, or the name of a parameter. */
export type PathPart = { readonly word: string } | { readonly parameter: string };

const identifier = new RegExp(IDENTIFIER_PATTERN);
const word = /^[\w.~-]+$/;

/** The parts of `/orders/{id}`, or what is wrong with it. */
export const readPath = (path: string): readonly PathPart[] | { problem: string } => {
  const parts: PathPart[] = [];
  for (const segment of path.slice(1).split('/')) {
    const [, parameter] = /^\{(.*)\}$/.exec(segment) ?? [];
    if (parameter !== undefined && identifier.test(parameter)) parts.push({ parameter });
    else if (word.test(segment) && !/^\.+$/.test(segment)) parts.push({ word: segment });
    else return { problem: `${segment || 'an empty part'} is neither a word nor a parameter, as in /orders/{id}` };
  }
  return parts;
};

/** The parameters in a path that fits, as texts; undefined if it does not. @param segments decoded */
export const matchPath = (
  parts: readonly PathPart[],
  segments: readonly string[],
): Record<string, string> | undefined => {
  if (segments.length !== parts.length) return undefined;
  const found: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index]!;
    if ('parameter' in part && segment !== '') found[part.parameter] = segment;
    else if (!('word' in part) || part.word !== segment) return undefined;
  }
  return found;
};
