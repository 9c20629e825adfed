import type { Caller, Role } from '@nightshift/contracts';

/** Whom the door let in, and what he may do. */
export interface Grant {
  caller: Caller;
  /** Null: only what the other rights allow. */
  role: Role | null;
  /** Workflows that he may start whatever his role is: names, or the beginning of names followed by `*`. */
  starts: readonly string[];
  /** Whether he sees what runs were given, did and returned. */
  seesPayloads: boolean;
  /** How often he may ask; null: as often as he likes. */
  rateLimit: { requests: number; perSeconds: number } | null;
  /** A user who may read and change things as far as the rules let him, without any role. */
  maySeeData?: true;
}

/** Looks at credentials. */
export interface Doorkeeper {
  /**
   * Whom the header `Authorization` is of.
   * @throws Failure `auth.missing_key`, `auth.wrong_key`, `auth.wrong_token`, `auth.unknown_user`, and of what does not answer
   */
  admit(authorization: string | undefined): Grant | Promise<Grant>;
}
