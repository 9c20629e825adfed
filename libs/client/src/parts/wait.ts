/** The longest that a gateway keeps a caller waiting who wants to. */
export const WAIT_MAX_MS = 5 * 60_000;
