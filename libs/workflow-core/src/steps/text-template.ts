import { isObject } from '../document/json-object.ts';
import { describe } from './refusal.ts';

const placeholder = /\{\{([^{}]*)\}\}/g;
const path = /^[^\s.]+(\.[^\s.]+)*$/;

/** What stands between the braces of a template: `['user.name']` of `Hello {{ user.name }}`. */
export const placeholdersOf = (template: string): string[] =>
  Array.from(template.matchAll(placeholder), ([, inside = '']) => inside.trim());

/** Whether what stands between braces is a path into the data, as in `user.name` or `items.0.title`. */
export const isPath = (inside: string): boolean => path.test(inside);

/**
 * The template with its placeholders filled from the data, or what is wrong. Only texts, numbers, true and false can be filled in; a value
 * that is missing, or null, is wrong, since a letter with a hole in it should not go out. What is filled in is not read as a template again.
 */
export const fillTemplate = (
  template: string,
  data: Record<string, unknown>,
  escape: (text: string) => string = (text) => text,
): { text: string } | { wrong: string } => {
  let wrong: string | undefined;
  const text = template.replace(placeholder, (_, inside: string) => {
    const name = inside.trim();
    const value = isPath(name) ? valueAt(data, name.split('.')) : undefined;
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return escape(String(value));
    wrong ??= isPath(name)
      ? `needs a text or a number as data.${name}, but it is ${describe(value)}`
      : 'has a placeholder that is not a path, as in {{ user.name }}';
    return '';
  });
  return wrong === undefined ? { text } : { wrong };
};

const valueAt = (data: unknown, names: readonly string[]): unknown =>
  names.reduce<unknown>((value, name) => {
    const isThere = (isObject(value) || Array.isArray(value)) && Object.hasOwn(value, name);
    return isThere ? (value as Record<string, unknown>)[name] : undefined;
  }, data);

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** The text as it can stand in HTML, between tags or in a quoted attribute. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character]!);
