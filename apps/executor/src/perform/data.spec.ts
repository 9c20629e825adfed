import { Failure, requests, type DataAnswer } from '@nightshift/contracts';
import type { EffectOf } from '@nightshift/workflow-core';
import { describe, expect, it, vi } from 'vitest';
import { anOccasion, OCCASION_RUN_ID } from './an-occasion.fixture.ts';
import { makePerformData } from './data.ts';
import type { Performed } from './performed.ts';

/** A data service that gives these answers, one after the other. */
const busAnswering = (...answers: (DataAnswer | Failure)[]) => {
  const request = vi.fn(async () => {
    const answer = answers.shift();
    if (answer instanceof Failure) throw answer;
    return answer;
  });
  return { request: request as never, calls: request.mock.calls as unknown as [string, Record<string, unknown>][] };
};

type Request = EffectOf<'data'>['request'];

const perform = async (request: Request, answer: DataAnswer, isStrict?: boolean): Promise<Performed['outcome']> => {
  const performed = await makePerformData(busAnswering(answer))({ kind: 'data', request, isStrict }, anOccasion());
  return performed.outcome;
};

const change: Request = { action: 'change', type: 'user', id: 'u1', fields: {} };
const remove: Request = { action: 'delete', type: 'user', id: 'u1' };
const get: Request = { action: 'get', type: 'user', id: 'u1' };
const search: Request = { action: 'search', type: 'user', search: {} };
const changeList: Request = { action: 'changeList', type: 'user', where: { plan: 'pro' }, fields: {} };
const deleteList: Request = { action: 'deleteList', type: 'user', ids: [] };
const copy: Request = { action: 'copy', type: 'user', ids: [] };

it('sends a change with the key of the execution and the depth of what it starts', async () => {
  const bus = busAnswering({ id: 'u1' });
  await makePerformData(bus)(
    { kind: 'data', request: change },
    anOccasion({ iteration: '7', attempt: 2, requested: { depth: 3 } }),
  );
  expect(bus.calls[0]!.slice(0, 2)).toEqual([
    requests.data,
    { ...change, key: `${OCCASION_RUN_ID}/act/7`, origin: { runId: OCCASION_RUN_ID, depth: 4 } },
  ]);
});

it('sends a read as it is', async () => {
  const bus = busAnswering({ id: 'u1' });
  await makePerformData(bus)({ kind: 'data', request: get }, anOccasion());
  expect(bus.calls[0]![1]).toEqual(get);
});

describe('nothing found', () => {
  it.each([change, remove])('skips $action', async (request) => {
    expect(await perform(request, null)).toEqual({
      kind: 'skipped',
      reason: 'there is no user with the id u1',
    });
  });

  it('completes a get without a result', async () => {
    expect(await perform(get, null)).toEqual({ kind: 'completed', result: undefined });
  });

  it.each<[Request, DataAnswer]>([
    [search, { items: [], nextCursor: null }],
    [changeList, { changed: 0 }],
    [deleteList, { deleted: 0 }],
    [copy, { copied: 0, ids: [] }],
  ])('completes $action with the answer', async (request, answer) => {
    expect(await perform(request, answer)).toEqual({ kind: 'completed', result: answer });
  });

  it.each<[Request, DataAnswer, string]>([
    [get, null, 'there is no user with the id u1'],
    [change, null, 'there is no user with the id u1'],
    [remove, null, 'there is no user with the id u1'],
    [search, { items: [], nextCursor: null }, 'the search found no user'],
    [changeList, { changed: 0 }, 'the changeList found no user'],
    [deleteList, { deleted: 0 }, 'the deleteList found no user'],
    [copy, { copied: 0, ids: [] }, 'the copy found no user'],
  ])('fails a strict $action', async (request, answer, detail) => {
    expect(await perform(request, answer, true)).toMatchObject({
      kind: 'failed',
      canRetry: false,
      problem: { code: 'thing.not_found', detail },
    });
  });

  it('is not what a thing with empty fields is', async () => {
    const thing = { id: 'u1', items: [], changed: 0 };
    expect(await perform(get, thing, true)).toEqual({ kind: 'completed', result: thing });
    expect(await perform(change, thing, true)).toEqual({ kind: 'completed', result: thing });
  });
});

it('asks again when nobody answers, and fails the step with what it was refused with', async () => {
  const bus = busAnswering(new Failure('data.unavailable'), new Failure('thing.invalid', { detail: 'age is a text' }));
  const { outcome } = await makePerformData(bus)({ kind: 'data', request: change }, anOccasion());
  expect(bus.calls).toHaveLength(2);
  expect(bus.calls[0]![1]).toEqual(bus.calls[1]![1]);
  expect(outcome).toMatchObject({ kind: 'failed', canRetry: false, problem: { code: 'thing.invalid' } });
});

it('leaves it to the platform when nobody answers for long', async () => {
  const bus = busAnswering(...Array.from({ length: 4 }, () => new Failure('data.unavailable')));
  await expect(makePerformData(bus)({ kind: 'data', request: get }, anOccasion())).rejects.toMatchObject({
    code: 'data.unavailable',
  });
});
