import type { Json } from '@nightshift/contracts';
import { isObject } from '../document/json-object.ts';

/** An action as the document holds it. */
export type Action = { readonly [key: string]: Json };

/** An evaluated action: what the document's action became when its expressions were replaced by their values. */
export type Input = { readonly [key: string]: unknown };

/** The evaluated action as an object. Only `set` and `wait` may be anything else, and they do not ask. */
export const asInput = (input: unknown): Input => (isObject(input) ? input : {});

/** A list where a list is asked for: one value is a list of one, nothing an empty one. */
export const asList = (value: unknown): unknown[] => {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? (value as unknown[]) : [value];
};

/** A name that the document writes out; empty if it is none, which the check of the document has said. */
export const nameOf = (value: unknown): string => (typeof value === 'string' ? value : '');
