import { compileSchema, Failure, SecretBodySchema, type Page, type SecretInfo } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { SecretCipher } from '@nightshift/runtime';
import { checked } from '../door/checked.ts';

export interface SecretHandlersDeps {
  ledger: Pick<Ledger, 'secrets'>;
  cipher: Pick<SecretCipher, 'seal'>;
}

const checkBody = compileSchema(SecretBodySchema);

/** Secrets are put in and never read back: a value leaves this process sealed, and only executors can open it. */
export const makeSecretHandlers = ({ ledger, cipher }: SecretHandlersDeps) => ({
  /** Keeps a secret, or replaces it. @throws Failure `request.invalid`, `secret.unavailable`, `ledger.unavailable` */
  put: async (name: string, body: unknown): Promise<void> => {
    const { value } = checked(checkBody, body ?? {});
    await ledger.secrets.put(name, cipher.seal(value));
  },

  list: async (): Promise<Page<SecretInfo>> => {
    const items = await ledger.secrets.list();
    return { items, nextCursor: null };
  },

  /** @throws Failure `secret.not_found` */
  remove: async (name: string): Promise<void> => {
    if (!(await ledger.secrets.remove(name))) {
      throw new Failure('secret.not_found', { detail: `There is no secret "${name}"` });
    }
  },
});

export type SecretHandlers = ReturnType<typeof makeSecretHandlers>;
