import { Type, type Static } from 'typebox';

const amount = Type.Optional(Type.Number({ minimum: 0 }));

/** A length of time: `{ minutes: 30 }`, or ISO 8601 `PT30M`. Days are 24 hours; calendar units are for recurrences. */
export const DurationSchema = Type.Union([
  Type.Object(
    { days: amount, hours: amount, minutes: amount, seconds: amount, milliseconds: amount },
    { additionalProperties: false, minProperties: 1 },
  ),
  Type.String({ pattern: '^P(?=.)(\\d+W)?(\\d+D)?(T(?=.)(\\d+H)?(\\d+M)?(\\d+(\\.\\d+)?S)?)?$' }),
]);

export type Duration = Static<typeof DurationSchema>;

const iso = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;

/** A valid duration in milliseconds, rounded to whole ones. */
export const durationMs = (duration: Duration): number => {
  if (typeof duration !== 'string') {
    const { days = 0, hours = 0, minutes = 0, seconds = 0, milliseconds = 0 } = duration;
    return Math.round((((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000 + milliseconds);
  }
  const [, weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = (iso.exec(duration) ?? []).map((part) =>
    Number(part ?? 0),
  );
  return Math.round(((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000);
};
