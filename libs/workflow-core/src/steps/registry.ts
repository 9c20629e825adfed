import { call } from './call.ts';
import { cancel } from './cancel.ts';
import { changeList } from './change-list.ts';
import { change } from './change.ts';
import { copy } from './copy.ts';
import { create } from './create.ts';
import { deleteStep } from './delete.ts';
import { email } from './email.ts';
import { emit } from './emit.ts';
import { get } from './get.ts';
import { http } from './http.ts';
import { log } from './log.ts';
import { progress } from './progress.ts';
import { raise } from './raise.ts';
import { respond } from './respond.ts';
import { scheduleOnList } from './schedule-on-list.ts';
import { schedule } from './schedule.ts';
import { search } from './search.ts';
import { setRecurrence } from './set-recurrence.ts';
import { set } from './set.ts';
import type { StepKind } from './step-kind.ts';
import { stop } from './stop.ts';
import { waitFor } from './wait-for.ts';
import { wait } from './wait.ts';

/** Every kind of step, by the word that the document uses for it. */
export const stepKinds = {
  create,
  change,
  changeList,
  copy,
  delete: deleteStep,
  get,
  search,
  set,
  http,
  email,
  wait,
  waitFor,
  schedule,
  scheduleOnList,
  setRecurrence,
  cancel,
  call,
  emit,
  log,
  progress,
  respond,
  raise,
  stop,
} as const satisfies Record<string, StepKind>;

export type StepKindName = keyof typeof stepKinds;

export const stepKindNames = Object.keys(stepKinds) as StepKindName[];

export const isStepKindName = (word: string): word is StepKindName => Object.hasOwn(stepKinds, word);
