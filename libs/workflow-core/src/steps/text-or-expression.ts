import { DurationSchema } from '@nightshift/contracts';
import { Type, type TSchema } from 'typebox';

/** An expression where something else than text is asked for. */
export const ExpressionSchema = Type.String({ pattern: '^=', description: 'An expression: = and JSONata' });

/** Either the thing itself or an expression that gives it. */
export const orExpression = <S extends TSchema>(schema: S) => Type.Union([schema, ExpressionSchema]);

/** Values by name; any of them, or the whole, may be an expression. */
export const FlexibleRecordSchema = orExpression(Type.Record(Type.String(), Type.Unknown()));

const amount = Type.Optional(orExpression(Type.Number({ minimum: 0 })));

/** A duration whose amounts may be expressions: `{ days: =parameters.days }`. */
export const FlexibleDurationSchema = Type.Union([
  Type.Object(
    { days: amount, hours: amount, minutes: amount, seconds: amount, milliseconds: amount },
    { additionalProperties: false, minProperties: 1 },
  ),
  DurationSchema.anyOf[1],
]);
