import type { TypePlanStep } from '@nightshift/contracts';

/** Things to be looked for before anything is done. Names are those that table and columns have then. */
export interface Look {
  readonly pointer: string;
  readonly detail: string;
  /** The column whose values are shown. */
  readonly column?: string;
  /** A condition over the table `t`. */
  readonly where: string;
  readonly canConfirm: boolean;
}

/** One step of a plan, before it is known which things it affects. */
export interface Step extends Omit<TypePlanStep, 'affected'> {
  readonly looks?: readonly Look[];
}

/** A step that is over in a moment, however many things there are, but waits until nobody uses the table. */
export const atOnce = (does: string, sql: string[], looks: readonly Look[] = []): Step => ({
  does,
  sql,
  locks: 'everything',
  takes: 'moment',
  ...(looks.length > 0 && { looks }),
});
