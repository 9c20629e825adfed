import { Type, type Static } from 'typebox';
import { DurationSchema } from './duration.ts';
import type { RunStatus } from './run-events.ts';

/**
 * How far a run, a list, a chain or an import is. `done` = `succeeded + failed + skipped + cancelled`; it never falls, and in the end it is `total`.
 * `percent` is 100 at the end and not before.
 */
export interface Progress {
  id: string;
  kind: 'run' | 'list' | 'chain' | 'import';
  status: RunStatus;
  total: number | null;
  done: number;
  succeeded: number;
  failed: number;
  skipped: number;
  cancelled: number;
  inFlight: number;
  retrying: number;
  percent: number | null;
  iteration: number;
  /** How fast `done` has grown of late; null before enough of it is done to tell. */
  ratePerSecond: number | null;
  /** When it will be over at that rate; null while nobody can tell: too little is done, the total is unknown, or it is paused. */
  eta: string | null;
  /** It should move, and has not moved for far longer than usual. Never of what is held, scheduled, or waits. */
  stalled: boolean;
  message: string | null;
  startedAt: string | null;
  updatedAt: string;
  lastProgressAt: string | null;
  /** What a run has started itself; absent if that is nothing. */
  children?: ProgressChildren;
}

/** Runs that are counted one by one, chains by their cycles so far, lists by their items. */
export interface ProgressChildren {
  runs: ChildrenCount;
  lists: ChildrenCount;
  chains: ChildrenCount;
}

export interface ChildrenCount {
  /** How many runs, lists or chains. */
  count: number;
  done: number;
  total: number;
}

/** Of the progress document, what anybody may see who was given a link. */
export const publicProgressKeys = [
  'status',
  'percent',
  'total',
  'done',
  'message',
  'eta',
  'stalled',
  'startedAt',
  'updatedAt',
] as const satisfies readonly (keyof Progress)[];
export type PublicProgress = Pick<Progress, (typeof publicProgressKeys)[number]>;

export const ProgressLinkBodySchema = Type.Object(
  {
    /** A day if absent, 90 days at most. */
    expiresIn: Type.Optional(DurationSchema),
  },
  { additionalProperties: false },
);
export type ProgressLinkBody = Static<typeof ProgressLinkBodySchema>;

/** Answer of `POST /v1/progress/{id}/links`. */
export interface ProgressLink {
  /** Where anybody sees the progress, without a key. */
  url: string;
  token: string;
  expiresAt: string;
}
