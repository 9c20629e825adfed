import type { Failure } from '@nightshift/contracts';
import { describe, expect, it, vi } from 'vitest';
import { indexTriggers } from './trigger-index.ts';

const version = (workflow: string, document: object) => ({
  workflow,
  version: 2,
  document: { workflow, do: [], ...document },
});
const onBroken = vi.fn();

describe('the trigger index', () => {
  it('knows each trigger by type and kind', () => {
    const index = indexTriggers(
      [
        version('b', { triggers: [{ change: 'user', kinds: ['created', 'deleted'] }, { change: 'order' }] }),
        version('a', { triggers: [{ change: 'user' }] }),
        version('c', {}),
      ],
      onBroken,
    );
    const names = (type: string, kind: 'created' | 'changed') =>
      index.watching(type, kind).map(({ workflow, index: place }) => `${workflow}/${place}`);
    expect(names('user', 'created')).toEqual(['a/0', 'b/0']);
    expect(names('user', 'changed')).toEqual(['a/0']);
    expect(names('order', 'changed')).toEqual(['b/1']);
    expect(names('thing', 'created')).toEqual([]);
  });

  it('gives each the parameters that the workflow has by default, or why it cannot start', () => {
    const parameters = {
      type: 'object',
      properties: { name: { type: 'string' }, size: { type: 'number', default: 3 } },
    };
    const index = indexTriggers(
      [
        version('a', { parameters, triggers: [{ change: 'user' }] }),
        version('b', { parameters: { ...parameters, required: ['name'] }, triggers: [{ change: 'user' }] }),
      ],
      onBroken,
    );
    const [a, b] = index.watching('user', 'created');
    expect(a!.parameters).toEqual({ size: 3 });
    expect((b!.parameters as Failure).details.errors).toEqual([{ pointer: '/name', detail: 'is required' }]);
  });

  it('leaves out a workflow that does not compile, and says so', () => {
    const broken = version('a', { triggers: [{ change: 'user', when: 'now.(' }] });
    const index = indexTriggers([broken, version('b', { triggers: [{ change: 'user' }] })], onBroken);
    expect(index.watching('user', 'created').map(({ workflow }) => workflow)).toEqual(['b']);
    expect(onBroken).toHaveBeenCalledWith('a', expect.anything());
  });
});
