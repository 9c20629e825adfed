export { createTestbed } from './create-testbed.ts';
export type { DocumentSource } from './definitions.ts';
export type { Time } from './duration.ts';
export { noConnection, type Answerer, type HttpStubs, type SentRequest, type StubbedAnswer } from './outside/http.ts';
export type { SentMail } from './outside/mails.ts';
export type { StepView, TestRun } from './runs/run.ts';
export type { ListCounts, TestList } from './starts/lists.ts';
export type {
  FieldsOf,
  StartRunOptions,
  Testbed,
  TestbedOptions,
  TestEvent,
  TestListOptions,
  TestThings,
} from './testbed.ts';
