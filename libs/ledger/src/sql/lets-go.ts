/** Which rows of a run `l` a release by name takes away: what it holds, or else its place. Its other steps keep theirs. */
export const LETS_GO = `(l.held_until IS NOT NULL OR NOT EXISTS (
  SELECT FROM nightshift.locks h WHERE h.name = l.name AND h.run_id = l.run_id AND h.held_until IS NOT NULL))`;
