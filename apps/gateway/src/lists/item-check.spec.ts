import { describe, expect, it } from 'vitest';
import { makeStartable } from '../workflows/startable-workflow.ts';
import { makeItemCheck } from './item-check.ts';

const workflow = makeStartable({
  workflow: 'mail',
  version: 1,
  document: {
    parameters: {
      type: 'object',
      properties: {
        to: { type: 'object', properties: { email: { type: 'string' } } },
        tone: { type: 'string', default: 'warm' },
        copies: { type: 'integer' },
      },
      required: ['to'],
    },
  },
});

describe('the check of a list', () => {
  it('adds defaults once, for all items', () => {
    expect(makeItemCheck(workflow, { copies: 2 }, 'to').parameters).toEqual({ copies: 2, tone: 'warm' });
  });

  it('names the item, and what it is called', () => {
    const { check } = makeItemCheck(workflow, {}, 'to');
    expect(() => check({ email: 'a' }, 0, 'line 1')).not.toThrow();
    expect(() => check({ email: 1 }, 4, 'line 5')).toThrow(
      expect.objectContaining({
        code: 'parameters.invalid',
        details: expect.objectContaining({
          errors: [{ pointer: '/items/4/email', detail: 'must be string (line 5)' }],
        }),
      }),
    );
  });

  it('names a common parameter where that is wrong', () => {
    const { check } = makeItemCheck(workflow, { copies: 'two' }, 'to');
    expect(() => check({}, 0, 'item 0')).toThrow(
      expect.objectContaining({
        details: expect.objectContaining({ errors: [expect.objectContaining({ pointer: '/parameters/copies' })] }),
      }),
    );
  });

  it('checks the parameters alone when items are none of them', () => {
    expect(() => makeItemCheck(workflow, {}, undefined)).toThrow(
      expect.objectContaining({ code: 'parameters.invalid' }),
    );
    expect(() => makeItemCheck(workflow, { to: {} }, undefined)).not.toThrow();
  });
});
