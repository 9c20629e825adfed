import { failures, type FailureCode } from '@nightshift/contracts';

/** Makes of an answer what is shown to those who do not see payloads. */
export type Mask = (answer: unknown) => unknown;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const asIs: Mask = (value) => value;

/** Only the members that are named, each as it is or as its own mask has it. What is not named is payload until somebody says otherwise. */
export const only =
  (names: readonly string[], inner: Readonly<Record<string, Mask>> = {}): Mask =>
  (answer) => {
    if (!isObject(answer)) return undefined;
    const shown: Record<string, unknown> = {};
    for (const [name, value] of Object.entries(answer)) {
      const mask = Object.hasOwn(inner, name) ? inner[name] : names.includes(name) ? asIs : undefined;
      const part = mask?.(value);
      if (part !== undefined) shown[name] = part;
    }
    return shown;
  };

/** The same, saying that something may be missing. */
export const masked = (names: readonly string[], inner?: Readonly<Record<string, Mask>>): Mask => {
  const mask = only(names, inner);
  return (answer) => {
    const shown = mask(answer);
    return isObject(shown) ? { ...shown, masked: true } : undefined;
  };
};

export const each =
  (mask: Mask): Mask =>
  (answer) =>
    Array.isArray(answer) ? answer.map(mask) : undefined;

export const orNull =
  (mask: Mask): Mask =>
  (answer) =>
    answer === null ? null : mask(answer);

const codeLike = /^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/;

/** A problem's code, and what the table says of it: its title and detail may quote what was worked on. */
export const problem: Mask = (answer) => {
  if (!isObject(answer)) return undefined;
  const { code, status } = answer;
  if (typeof code !== 'string' || !codeLike.test(code)) return { status, masked: true };
  const title = Object.hasOwn(failures, code) ? failures[code as FailureCode].title : undefined;
  return { code, status, ...(title !== undefined && { title }), masked: true };
};
