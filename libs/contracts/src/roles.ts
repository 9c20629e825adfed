/** What somebody may do at the door; each role may do all that those before it may. */
export const roles = [
  /** Reads everything but what is about access. */
  'viewer',
  /** Starts and controls runs, sends events, and makes and changes things. */
  'operator',
  /** Says what there is to run: workflows, types, rules, flows, secrets. */
  'editor',
  /** Says who may come in. */
  'admin',
] as const;

export type Role = (typeof roles)[number];

/** Whether somebody with one role may do what needs another. */
export const hasRole = (held: Role, needed: Role): boolean => roles.indexOf(held) >= roles.indexOf(needed);
