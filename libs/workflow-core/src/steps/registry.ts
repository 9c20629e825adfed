import { call } from './call.ts';
import { change } from './change.ts';
import { create } from './create.ts';
import { deleteStep } from './delete.ts';
import { get } from './get.ts';
import { http } from './http.ts';
import { schedule } from './schedule.ts';
import { scheduleOnList } from './schedule-on-list.ts';
import { search } from './search.ts';
import { set } from './set.ts';
import type { StepKind } from './step-kind.ts';
import { wait } from './wait.ts';

/** Every kind of step, by the word that the document uses for it. */
export const stepKinds = {
  create,
  change,
  delete: deleteStep,
  get,
  search,
  set,
  http,
  wait,
  schedule,
  scheduleOnList,
  call,
} as const satisfies Record<string, StepKind>;

export type StepKindName = keyof typeof stepKinds;

export const stepKindNames = Object.keys(stepKinds) as StepKindName[];

export const isStepKindName = (word: string): word is StepKindName => Object.hasOwn(stepKinds, word);
