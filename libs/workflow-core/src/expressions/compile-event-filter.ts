import type { Problem } from '@nightshift/contracts';
import { Failure } from '@nightshift/contracts';
import { nearestWord } from '../document/nearest-word.ts';
import { compileExpression } from './compile-expression.ts';
import { compileFastPath, type FastEvaluator } from './fast-path.ts';
import { isTrue } from './fast-values.ts';
import type { NamesUsed } from './references.ts';
import type { EvaluationEnv } from './scope.ts';

/** What an expression says of a run event. */
export interface CompiledEventFilter {
  readonly source: string;
  /** Never throws: an event that the expression cannot be evaluated for does not fit. */
  fits(event: object): boolean;
}

/** The properties of an event on the feed. */
const eventFields = ['runId', 'version', 'type', 'at', 'workflow', 'chainId', 'listId', 'data'];

/**
 * Compiles a condition over `event` that is evaluated for every event, for many clients, on the thread that serves all of them. So only what has
 * a fast path is taken: comparisons, `and`, `or`, `in`, arithmetic, text joined, and the plainest functions. The time that it
 * takes grows with its length and with the event, and with nothing else.
 * @param pointer where the expression stands; named in problems
 */
export const compileEventFilter = (source: string, pointer = ''): CompiledEventFilter | { problem: Problem } => {
  const refuse = (detail: string, position?: number): { problem: Problem } => {
    const placed = position === undefined ? detail : `${detail} (at character ${position})`;
    return {
      problem: new Failure('expression.failed', { detail: placed, errors: [{ pointer, detail: placed }] }).toProblem(),
    };
  };
  const compiled = compileExpression(source, pointer);
  if ('problem' in compiled) return compiled;
  const unknown = unknownName(compiled);
  if (unknown) return refuse(unknown.detail, unknown.position);
  if (compiled.isRecorded) return refuse('A filter cannot use the clock or chance: an event fits, or it does not');
  const fast = compileFastPath(compiled.tree);
  if (!fast) {
    return refuse(
      'A filter can compare fields of `event`, with and, or, in, arithmetic, & and the functions exists, not, boolean, string, lowercase, uppercase and count; this needs more',
    );
  }
  return { source, fits: fitting(fast) };
};

const unknownName = ({ references }: NamesUsed): { detail: string; position: number } | undefined => {
  for (const { name, path, position } of references) {
    if (name !== 'event') return { detail: `There is no \`${name}\` here, only \`event\``, position };
    const [field] = path;
    if (field === undefined || eventFields.includes(field)) continue;
    const nearest = nearestWord(field, eventFields);
    const hint = nearest === undefined ? '' : `: \`event.${nearest}\`?`;
    return { detail: `Events have no field \`${field}\`${hint}`, position };
  }
  return undefined;
};

/** Nothing that has a fast path and is taken here draws from it. */
const noEnv: EvaluationEnv = { now: new Date(0), random: () => 0, uuid: () => '' };

const fitting =
  (fast: FastEvaluator): CompiledEventFilter['fits'] =>
  (event) => {
    try {
      return isTrue(fast({ event }, noEnv));
    } catch {
      return false;
    }
  };
