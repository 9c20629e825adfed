import { durationMs, type Duration, type Json } from '@nightshift/contracts';
import { blockKinds, LOOP_LIMIT, type BlockKindName } from '../blocks/blocks.ts';
import type { CompiledExpression } from '../expressions/compile-expression.ts';
import { compileCondition, compileRightTemplate } from '../expressions/compile-right.ts';
import type { CompiledTemplate } from '../expressions/template.ts';
import type { PlanSequence } from './plan.ts';

interface Common {
  readonly bodies: readonly PlanSequence[];
  /** Whether it depends on the clock or on chance how the block is gone through. */
  readonly isRecorded: boolean;
}

/** A step that consists of steps, ready to be executed. */
export type PlanBlock =
  | (Common & { readonly kind: 'do' | 'try' | 'transaction' })
  | (Common & { readonly kind: 'switch'; readonly cases: readonly PlanCase[] })
  | (Common & PlanLoop)
  | (Common & { readonly kind: 'fork'; readonly isCompeting: boolean })
  | (Common & {
      readonly kind: 'lock';
      readonly name: CompiledTemplate;
      readonly leaseMs: number;
      readonly waitMs?: number;
    });

/** `when` absent: whatever no case before took. */
export interface PlanCase {
  readonly name: string;
  readonly when?: CompiledExpression;
}

export interface PlanLoop {
  readonly kind: 'for';
  /** Absent: as long as `while` is true. */
  readonly items?: CompiledTemplate;
  readonly while?: CompiledExpression;
  readonly each: string;
  readonly at: string;
  readonly limit: number;
  readonly result?: CompiledTemplate;
}

/** Shorter, and a busy machine loses locks; longer, and a dead holder keeps others waiting. */
const DEFAULT_LEASE: Duration = { minutes: 1 };

type CompileBody = (steps: unknown, pointer: string, branch: string) => PlanSequence;

/** Compiles the action of a block that stands at `pointer`. */
export const compileBlock = (
  kind: BlockKindName,
  action: Json,
  pointer: string,
  compileBody: CompileBody,
): PlanBlock => {
  const bodies = blockKinds[kind]
    .bodies(action)
    .map((body) => compileBody(body.steps, `${pointer}${body.pointer}`, body.branch));
  switch (kind) {
    case 'do':
    case 'try':
    case 'transaction':
      return { kind, bodies, isRecorded: kind === 'transaction' };
    case 'switch': {
      const cases = (action as Record<string, { when?: string }>[]).map((entry, index): PlanCase => {
        const [name, { when }] = Object.entries(entry)[0]!;
        return {
          name,
          ...(when !== undefined && { when: compileCondition(when, `${pointer}/${index}/${name}/when`) }),
        };
      });
      return { kind, bodies, cases, isRecorded: cases.some((given) => given.when?.isRecorded) };
    }
    case 'for':
      return { bodies, ...compileLoop(action as unknown as LoopAction, pointer) };
    case 'fork':
      return { kind, bodies, isCompeting: (action as { compete?: boolean }).compete ?? false, isRecorded: false };
    case 'lock': {
      const { name, lease = DEFAULT_LEASE, wait } = action as { name: string; lease?: Duration; wait?: Duration };
      return {
        kind,
        bodies,
        name: compileRightTemplate(name, `${pointer}/name`),
        leaseMs: durationMs(lease),
        ...(wait !== undefined && { waitMs: durationMs(wait) }),
        isRecorded: true,
      };
    }
  }
};

interface LoopAction {
  in?: Json;
  while?: string;
  each?: string;
  at?: string;
  limit?: number;
  return?: Json;
}

const compileLoop = (action: LoopAction, pointer: string): PlanLoop & { isRecorded: boolean } => {
  const items = action.in === undefined ? undefined : compileRightTemplate(action.in, `${pointer}/in`);
  const condition = action.while === undefined ? undefined : compileCondition(action.while, `${pointer}/while`);
  return {
    kind: 'for',
    ...(items && { items }),
    ...(condition && { while: condition }),
    each: action.each ?? 'item',
    at: action.at ?? 'index',
    limit: action.limit ?? LOOP_LIMIT,
    ...(action.return !== undefined && { result: compileRightTemplate(action.return, `${pointer}/return`) }),
    isRecorded: (items?.isRecorded ?? false) || (condition?.isRecorded ?? false),
  };
};
