import { Failure } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { SecretCipher } from '@nightshift/runtime';

export interface ReadSecretsDeps {
  ledger: Pick<Ledger, 'secrets'>;
  cipher: SecretCipher;
}

/**
 * Opens the secrets of these names.
 * @throws Failure `secret.not_found`, `secret.unavailable`
 */
export type ReadSecrets = (names: readonly string[]) => Promise<Record<string, string>>;

/** Shorter, and each step costs a read; longer, and a secret that was changed is used after somebody made sure that it is not. */
const MAX_AGE_MS = 5_000;

export const makeReadSecrets = ({ ledger, cipher }: ReadSecretsDeps): ReadSecrets => {
  const known = new Map<string, { secret: string; readAt: number }>();

  const readAnew = async (names: string[]): Promise<void> => {
    const readAt = performance.now();
    const sealed = await ledger.secrets.sealed(names);
    for (const name of names) {
      const text = sealed.get(name);
      if (text === undefined) {
        known.delete(name);
        throw new Failure('secret.not_found', { detail: `There is no secret "${name}"` });
      }
      known.set(name, { secret: cipher.open(text), readAt });
    }
  };

  return async (names) => {
    const now = performance.now();
    const stale = names.filter((name) => now - (known.get(name)?.readAt ?? -Infinity) >= MAX_AGE_MS);
    if (stale.length > 0) await readAnew(stale);
    return Object.fromEntries(names.map((name) => [name, known.get(name)!.secret]));
  };
};

/** Shorter ones would be found in innocent text everywhere, and guessing them needs no leak. */
const REDACTED_MIN_CHARS = 4;

/**
 * The value with `[secret <name>]` in place of each secret, in texts and in keys at any depth, also where a secret is URL-encoded, escaped
 * for JSON, or a part of something in base64 (as in `Authorization: Basic …`). Secrets of less than four characters stay. What holds no
 * secret is returned as it is, not as a copy.
 */
export const redact = (value: unknown, secrets: Readonly<Record<string, string>>): unknown => {
  const replacements = new Map<string, string>();
  for (const [name, secret] of Object.entries(secrets)) {
    if (secret.length < REDACTED_MIN_CHARS) continue;
    for (const form of formsOf(secret)) if (!replacements.has(form)) replacements.set(form, `[secret ${name}]`);
  }
  if (replacements.size === 0) return value;
  // Longest first: a secret may hold another one.
  const forms = [...replacements.keys()].sort((a, b) => b.length - a.length);
  const anyForm = new RegExp(forms.map(escapeForPattern).join('|'), 'g');
  const inText = (text: string): string => text.replace(anyForm, (form) => replacements.get(form)!);
  return replaceTexts(value, inText);
};

const escapeForPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');

const replaceTexts = (value: unknown, inText: (text: string) => string): unknown => {
  if (typeof value === 'string') return inText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const replaced = value.map((item) => replaceTexts(item, inText));
    return replaced.some((item, index) => item !== value[index]) ? replaced : value;
  }
  const entries = Object.entries(value);
  const replaced = entries.map(([key, item]) => [inText(key), replaceTexts(item, inText)] as const);
  const isSame = replaced.every(([key, item], index) => key === entries[index]![0] && item === entries[index]![1]);
  return isSame ? value : Object.fromEntries(replaced);
};

/** How a secret can stand in a text. */
const formsOf = (secret: string): string[] => {
  const urlEncoded = [encodeURIComponent(secret), new URLSearchParams({ '': secret }).toString().slice(1)];
  const lowerCase = urlEncoded.map((form) => form.replace(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase()));
  const base64 = [0, 1, 2].flatMap((bytesBefore) => within(secret, bytesBefore));
  return [secret, JSON.stringify(secret).slice(1, -1), ...urlEncoded, ...lowerCase, ...base64];
};

/** Shorter parts would be found by chance in every large base64 text. */
const BASE64_MIN_CHARS = 6;

/** The part of a base64 text that a secret within it decides alone, if so many bytes (modulo 3) stand before it. */
const within = (secret: string, bytesBefore: number): string[] => {
  const bytes = Buffer.concat([Buffer.alloc(bytesBefore), Buffer.from(secret)]);
  const first = Math.ceil((bytesBefore * 8) / 6);
  const decided = Math.floor((bytes.length * 8) / 6);
  return (['base64', 'base64url'] as const)
    .map((encoding) => bytes.toString(encoding).slice(first, decided))
    .filter((form) => form.length >= BASE64_MIN_CHARS);
};
