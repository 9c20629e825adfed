import type { Field, FieldKind, RecurrenceBody, Thing } from '@nightshift/contracts';
import type { StartListRequest } from '@nightshift/workflow-core';
import type { DocumentSource } from './definitions.ts';
import type { Time } from './duration.ts';
import type { HttpStubs } from './outside/http.ts';
import type { SentMail } from './outside/mails.ts';
import type { TestRun } from './runs/run.ts';
import type { TestList } from './starts/lists.ts';

/** Fields of a type, as `PUT /v1/types/{type}` takes them. */
export type FieldsOf = Readonly<Record<string, { kind: FieldKind } & Partial<Field>>>;

export interface TestbedOptions {
  /** The documents under test, and all that they start or call. */
  workflows: readonly DocumentSource[];
  /** The types that they work on. */
  types?: Readonly<Record<string, FieldsOf>>;
  /** When it is, to begin with; 2026-01-01T00:00:00Z if absent. */
  now?: string | Date;
  /** What `=secrets.NAME` stands for. */
  secrets?: Readonly<Record<string, string>>;
  /** What `$random()` gives; 0.5 if absent. */
  random?: () => number;
}

/** The things of one type. What is done to them here starts what a change in SQL would start. */
export interface TestThings {
  readonly all: readonly Thing[];
  get(id: string): Thing | undefined;
  /** The first with these values. */
  find(values: Readonly<Record<string, unknown>>): Thing | undefined;
  create(fields: Record<string, unknown>): Promise<Thing>;
  change(id: string, fields: Record<string, unknown>): Promise<Thing>;
  delete(id: string): Promise<void>;
}

export interface StartRunOptions {
  /** As whom the run acts: the id of a user. */
  user?: string;
}

export interface TestEvent {
  type: string;
  subject?: string;
  data?: unknown;
  source?: string;
  /** The same again is not taken in twice. Absent: it is another one. */
  id?: string;
}

/** How items are started, as the step `scheduleOnList` takes it. */
export type TestListOptions = Partial<
  Omit<StartListRequest, 'workflow' | 'items' | 'intervalMs' | 'gapMs' | 'rate'>
> & {
  interval?: Time;
  gap?: Time;
  rate?: { limit: number; per: Time };
};

/**
 * A small platform in memory for the test of workflows: the interpreter is the platform's own, the world around it is not. Time stands
 * still between two calls.
 */
export interface Testbed {
  readonly now: Date;
  /** Lets time pass: everything that is due on the way happens at its moment, in order. */
  advance(time: Time): Promise<void>;
  advanceTo(moment: string | Date): Promise<void>;
  /** Starts a run, and takes it as far as it goes without time passing. @throws Failure `workflow.not_found`, `parameters.invalid` */
  start(workflow: string, parameters?: Record<string, unknown>, options?: StartRunOptions): Promise<TestRun>;
  schedule(
    workflow: string,
    when: { at: string | Date } | { in: Time },
    parameters?: Record<string, unknown>,
  ): Promise<TestRun>;
  list(workflow: string, items: readonly unknown[], options?: TestListOptions): Promise<TestList>;
  /** As `PUT /v1/workflows/{name}/recurrences/{key}`; null ends it. @returns its next ten moments */
  recur(workflow: string, key: string, spec: RecurrenceBody | null): Promise<Date[]>;
  /** An outside event. */
  send(event: TestEvent): Promise<void>;
  /** Publishes newer versions of documents. What is under way goes on by the version that it began with. */
  publish(...documents: DocumentSource[]): void;
  /** All runs in the order of their start, or those of one workflow. */
  runs(workflow?: string): TestRun[];
  /** The newest run of a workflow. @throws Error if there is none */
  lastRun(workflow: string): TestRun;
  pause(run: { id: string }): Promise<void>;
  resume(run: { id: string }): Promise<void>;
  cancel(run: { id: string }, reason?: string): Promise<void>;
  /** Lets a failed run go on at the step that failed. */
  retry(run: { id: string }, parameters?: Record<string, unknown>): Promise<void>;
  things(type: string): TestThings;
  readonly http: HttpStubs;
  /** What `email` steps sent, in order. */
  readonly mails: readonly SentMail[];
}
