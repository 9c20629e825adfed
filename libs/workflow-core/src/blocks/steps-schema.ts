import { Type } from 'typebox';

/**
 * A list of steps inside of a step. For editors it is the same list as the workflow's own, which the published schema defines under this
 * name; whoever checks a document checks each step by its own kind.
 */
export const StepsSchema = Type.Ref('#/$defs/steps');
