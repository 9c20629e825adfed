import { durationMs, DurationSchema } from '@nightshift/contracts';
import { Type, type Static } from 'typebox';

/**
 * Limits against runs that start each other without end. A run that would go beyond one is held before its first step, and goes on when the
 * limit is raised (a newer version is published) or somebody resumes it.
 */
export const GuardsSchema = Type.Object(
  {
    cycles: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'Runs of one chain: a workflow that schedules itself. 10,000 if absent.',
      }),
    ),
    depth: Type.Optional(
      Type.Integer({
        minimum: 1,
        description:
          "Runs between this one and a start from outside, whatever workflows they are of; a list's runs are all equally deep. 50 if absent.",
      }),
    ),
    runsPerMinute: Type.Optional(
      Type.Integer({ minimum: 1, description: 'Starts of this workflow within one minute of the clock.' }),
    ),
    /** From the first run of a chain to the beginning of its last. */
    duration: Type.Optional(DurationSchema),
  },
  { additionalProperties: false },
);

/** The limits that hold; null: none. */
export interface Guards {
  readonly cycles: number;
  readonly depth: number;
  readonly runsPerMinute: number | null;
  readonly durationMs: number | null;
}

/** Far beyond honest use, and soon enough that a runaway is noticed the same day. */
const DEFAULT_CYCLES = 10_000;
const DEFAULT_DEPTH = 50;

/** The limits of a workflow document, defaults applied. */
export const guardsOf = ({ guards = {} }: { guards?: Static<typeof GuardsSchema> }): Guards => ({
  cycles: guards.cycles ?? DEFAULT_CYCLES,
  depth: guards.depth ?? DEFAULT_DEPTH,
  runsPerMinute: guards.runsPerMinute ?? null,
  durationMs: guards.duration === undefined ? null : durationMs(guards.duration),
});
