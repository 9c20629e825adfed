import type { Caller } from './caller.ts';
import type { Role } from './roles.ts';

/** Answer of `GET /v1/whoami`: whom the credentials are of, and what they allow. */
export interface Identity {
  caller: Caller;
  /** Null: only what the other rights allow. */
  role: Role | null;
  /** Workflows that may be started whatever the role is: names, or the beginning of names followed by `*`. */
  starts: readonly string[];
  /** Whether he sees what runs were given, did and returned. */
  seesPayloads: boolean;
  /** Of the gateway that answered. */
  version: string;
  /** What its clock said. */
  at: string;
}
