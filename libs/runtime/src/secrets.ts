import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Failure } from '@nightshift/contracts';
import { Type } from 'typebox';

/** What services that keep or read secrets are told, to be spread into their configuration schemas. */
export const secretsConfig = {
  /** 32 random bytes in base64, as of `openssl rand -base64 32`. Empty: secrets can neither be kept nor read. */
  NIGHTSHIFT_SECRETS_KEY: Type.String({ pattern: '^([A-Za-z0-9+/_-]{43}=?)?$', default: '' }),
};

/** Makes secrets unreadable for whoever sees the database and not the key. */
export interface SecretCipher {
  /** @throws Failure `secret.unavailable` without a key */
  seal(plain: string): string;
  /** @throws Failure `secret.unavailable` without a key, or if the text was sealed with another one or has been changed */
  open(sealed: string): string;
}

/** Of the text format: `v1.<nonce>.<tag>.<sealed>`, each part in base64url. */
const VERSION = 'v1';
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
/** NIST SP 800-38D: drawn at random, good for 2^32 secrets under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM with a random nonce: the same text sealed twice gives different texts. An empty key gives a cipher that refuses everything,
 * so that services run without secrets.
 * @throws Failure `secret.unavailable` if the key is not 32 bytes in base64
 */
export const makeSecretCipher = (keyBase64: string): SecretCipher => {
  if (keyBase64 === '') return { seal: refuse, open: refuse };
  const key = readKey(keyBase64);
  return {
    seal: (plain) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
      const sealed = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return [VERSION, ...[nonce, cipher.getAuthTag(), sealed].map((part) => part.toString('base64url'))].join('.');
    },
    open: (text) => {
      const [version, ...parts] = text.split('.');
      const [nonce, tag, sealed] = parts.map((part) => Buffer.from(part, 'base64url'));
      if (version !== VERSION || nonce?.length !== NONCE_BYTES || tag?.length !== TAG_BYTES || !sealed) {
        throw unavailable('A secret is kept in a form that this version of Nightshift does not know');
      }
      try {
        const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
        decipher.setAuthTag(tag);
        return Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8');
      } catch (cause) {
        throw unavailable('A secret was sealed with another NIGHTSHIFT_SECRETS_KEY, or has been changed since', cause);
      }
    },
  };
};

/**
 * A key of its own for another purpose than secrets, by HKDF-SHA256 (RFC 5869): who learns it knows neither the secrets' key nor that of a third
 * purpose. The same for every replica.
 * @throws Failure `secret.unavailable` without a key, or if it is not 32 bytes in base64
 */
export const deriveKey = (keyBase64: string, purpose: string): Buffer => {
  if (keyBase64 === '') return refuse();
  return Buffer.from(hkdfSync('sha256', readKey(keyBase64), '', `nightshift ${purpose}`, KEY_BYTES));
};

const readKey = (keyBase64: string): Buffer => {
  const key = Buffer.from(keyBase64, 'base64');
  if (key.length === KEY_BYTES) return key;
  throw unavailable(`NIGHTSHIFT_SECRETS_KEY has to be ${KEY_BYTES} bytes in base64, and is ${key.length} bytes`);
};

const unavailable = (detail: string, cause?: unknown): Failure => new Failure('secret.unavailable', { detail, cause });

const refuse = (): never => {
  throw unavailable('There is no NIGHTSHIFT_SECRETS_KEY');
};
