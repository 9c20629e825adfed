/** What an expression can refer to, by name. Plain JSON; a name that is absent or undefined is missing. */
export type Scope = { readonly [name: string]: unknown };

/** The clock and chance that `$now()`, `$millis()`, `$random()`, `$shuffle()` and `$uuid()` draw from. */
export interface EvaluationEnv {
  readonly now: Date;
  /** A number from 0 up to, but not including, 1. */
  readonly random: () => number;
  readonly uuid: () => string;
}
