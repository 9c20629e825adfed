import type { Failure } from '@nightshift/contracts';
import { describe, expect, it, vi } from 'vitest';
import { makeTriggerIndex } from './trigger-index.ts';

const version = (workflow: string, document: object, number = 2) => ({
  workflow,
  version: number,
  document: { workflow, do: [], ...document },
});
const onBroken = vi.fn();
const origin = { depth: 0 };

const indexOf = (...published: ReturnType<typeof version>[]) => {
  const index = makeTriggerIndex(onBroken);
  index.update(published);
  const found = (type: string, kind: 'created' | 'changed', now?: { id: string; plan: string }) =>
    index.candidates({ type, kind, changedFields: [], origin, ...(now && { now }) });
  const names = (...change: Parameters<typeof found>) =>
    found(...change).map(({ workflow, index: place, workflowVersion }) => `${workflow}/${place}@${workflowVersion}`);
  return { index, found, names };
};

describe('the trigger index', () => {
  it('knows each trigger by type and kind', () => {
    const { index, names } = indexOf(
      version('b', { triggers: [{ change: 'user', kinds: ['created', 'deleted'] }, { change: 'order' }] }),
      version('a', { triggers: [{ change: 'user' }] }),
      version('c', {}),
    );
    expect(names('user', 'created')).toEqual(['a/0@2', 'b/0@2']);
    expect(names('user', 'changed')).toEqual(['a/0@2']);
    expect(names('order', 'changed')).toEqual(['b/1@2']);
    expect(names('thing', 'created')).toEqual([]);
    expect([index.count('user', 'created'), index.count('user', 'changed')]).toEqual([2, 1]);
  });

  it('puts a new version in the place of the old one, and leaves the others alone', () => {
    const triggers = [{ change: 'user', when: "now.plan = 'pro'" }];
    const { index, names } = indexOf(version('a', { triggers }), version('b', { triggers }));
    const pro = { id: '1', plan: 'pro' };
    const max = { id: '1', plan: 'max' };
    index.update([version('a', { triggers: [{ change: 'user', when: "now.plan = 'max'" }] }, 3)]);
    expect([names('user', 'created', pro), names('user', 'created', max)]).toEqual([['b/0@2'], ['a/0@3']]);
    index.update([version('a', {}, 4)]);
    expect([names('user', 'created', pro), names('user', 'created', max)]).toEqual([['b/0@2'], []]);
    expect(index.of('a')).toEqual([]);
  });

  it('gives each the parameters that the workflow has by default, or why it cannot start', () => {
    const parameters = {
      type: 'object',
      properties: { name: { type: 'string' }, size: { type: 'number', default: 3 } },
    };
    const { found } = indexOf(
      version('a', { parameters, triggers: [{ change: 'user' }] }),
      version('b', { parameters: { ...parameters, required: ['name'] }, triggers: [{ change: 'user' }] }),
      version('c', { triggers: [{ change: 'user' }] }),
    );
    const [a, b, c] = found('user', 'created');
    expect([a!.parameters, c!.parameters]).toEqual([{ size: 3 }, {}]);
    expect((b!.parameters as Failure).details.errors).toEqual([{ pointer: '/name', detail: 'is required' }]);
  });

  it('leaves out a workflow that does not compile, and says so', () => {
    const broken = version('a', { triggers: [{ change: 'user', when: 'now.(' }] });
    const { names } = indexOf(broken, version('b', { triggers: [{ change: 'user' }] }));
    expect(names('user', 'created')).toEqual(['b/0@2']);
    expect(onBroken).toHaveBeenCalledWith('a', expect.anything());
  });
});
