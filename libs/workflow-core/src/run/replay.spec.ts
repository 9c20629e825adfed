import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunEvent } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import type { WorkflowDocument } from '../document/document-schema.ts';
import { compileWorkflow } from './plan.ts';
import { replayHistory, type Replay } from './replay.ts';

interface History {
  document: WorkflowDocument;
  events: RunEvent[];
}

const recorded = (name: string): History =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../../../../test/histories', `${name}.json`), 'utf8')) as History;

/** What becomes of a recorded run with the steps of another version. */
const withSteps = (name: string, steps: unknown[], more: Partial<WorkflowDocument> = {}): Promise<Replay> | Replay => {
  const { document, events } = recorded(name);
  return replayHistory(compileWorkflow({ ...document, ...more, do: steps as WorkflowDocument['do'] }), events);
};

const differs = (version: number, step: string, expected: string, found: string): Replay => ({
  agrees: false,
  version,
  step,
  expected,
  found,
});

describe('a replay with another version', () => {
  it('finds a condition that is no longer met', async () => {
    const steps = [{ discount: { if: 'parameters.total > 1000', set: '=parameters.total / 10' } }];
    expect(await withSteps('reference-constructs-if-1', steps)).toEqual(
      differs(3, 'discount', 'StepSkipped discount', 'StepCompleted discount = 12'),
    );
  });

  it('finds a value that is another', async () => {
    const steps = [{ discount: { set: '=parameters.total / 5' } }];
    expect(await withSteps('reference-constructs-if-1', steps)).toEqual(
      differs(3, 'discount', 'StepCompleted discount = 24', 'StepCompleted discount = 12'),
    );
  });

  it('finds another result of the run', async () => {
    const { document } = recorded('reference-constructs-if-1');
    expect(await withSteps('reference-constructs-if-1', document.do, { return: '=discount' })).toMatchObject({
      expected: 'RunSucceeded = 12, or RunFailed with result.invalid',
      found: 'RunSucceeded = {"discount":12,"hasGift":false}',
    });
  });

  it('finds another case of a switch', async () => {
    const steps = [
      {
        carrier: {
          switch: [
            { parcel: { when: 'parameters.weight <= 50', do: [{ van: { set: 1 } }] } },
            { freight: { do: [{ truck: { set: 2 } }] } },
          ],
        },
      },
    ];
    expect(await withSteps('reference-constructs-switch-1', steps)).toEqual(
      differs(3, 'carrier', 'StepStarted carrier branch parcel', 'StepStarted carrier branch freight'),
    );
  });

  it('finds that a loop goes through other items', async () => {
    const steps = [{ greetings: { for: { in: [1, 2, 3], do: [{ greeting: { set: 1 } }] } } }];
    expect(await withSteps('reference-constructs-for-2', steps)).toEqual(
      differs(3, 'greetings', 'StepStarted greetings with 3 items', 'StepStarted greetings with 2 items'),
    );
  });

  it('finds that a loop ends earlier', async () => {
    const { document } = recorded('reference-constructs-for-1');
    const [{ pages }] = document.do as [{ pages: { for: object } }];
    const steps = [{ pages: { for: { ...pages.for, while: '$not($exists(previous))' } } }];
    expect(await withSteps('reference-constructs-for-1', steps)).toMatchObject({
      step: 'pages',
      expected: 'StepCompleted pages = [{"next":"b","count":2}]',
      found: 'IterationStarted pages round 1',
    });
  });

  it('finds that a failure is no longer tried again, and that nobody takes it', async () => {
    const asked = { http: { url: 'https://api.example.com/rates' } };
    expect(await withSteps('reference-constructs-retry-1', [{ rates: asked }])).toMatchObject({
      expected: 'StepCompleted rates, or StepSkipped rates, or StepFailed rates with http.status',
      found: 'StepRetried rates with http.status',
    });
    const charge = { charge: { http: { method: 'POST', url: 'https://api.example.com/charges' } } };
    expect(await withSteps('reference-constructs-try-catch-1', [{ payment: { do: [charge] } }])).toMatchObject({
      found: 'StepFailed charge with http.status handled by payment',
    });
  });

  it('finds a step that is new, gone, or does something else', async () => {
    const { document } = recorded('reference-actions-get-1');
    const [user] = document.do;
    expect(await withSteps('reference-actions-get-1', [{ before: { set: 1 } }, user])).toEqual(
      differs(3, 'user', 'StepCompleted before = 1', expect.stringContaining('StepCompleted user = ') as string),
    );
    expect(await withSteps('reference-actions-get-1', [{ other: { get: { type: 'users', id: '7' } } }])).toMatchObject({
      step: 'user',
      expected: expect.stringContaining('StepCompleted other') as string,
    });
    expect(await withSteps('reference-actions-get-1', [{ user: { wait: 'PT1S' } }])).toMatchObject({
      step: 'user',
      expected: 'WaitStarted user, or a failure of user',
    });
  });

  it('finds another event that is waited for', async () => {
    const steps = [{ payment: { waitFor: { event: 'order.cancelled', key: '=parameters.order' }, timeout: 'P3D' } }];
    expect(await withSteps('reference-constructs-wait-for-1', steps)).toMatchObject({ step: 'payment' });
  });

  it('takes results of effects as they came', async () => {
    const steps: WorkflowDocument['do'] = [
      { user: { get: { type: 'people', id: '=parameters.user' } } },
      { more: { if: '=false', set: 1 } },
    ];
    const { events } = recorded('reference-actions-get-1');
    const plan = compileWorkflow({ workflow: 'other', do: steps });
    expect(await replayHistory(plan, events.slice(0, 3))).toEqual({ agrees: true });
  });

  it('agrees with any beginning of a history, as an open run has it', async () => {
    const { document, events } = recorded('constructs-2');
    for (let length = 0; length <= events.length; length++)
      expect(await replayHistory(compileWorkflow(document), events.slice(0, length))).toEqual({ agrees: true });
  });

  it('gives its answer at once where no expression needs JSONata', () => {
    const { document, events } = recorded('five-ways-workflows-hello-1');
    expect(replayHistory(compileWorkflow(document), events)).toEqual({ agrees: true });
  });

  it('passes on what is not an expression’s own failure', () => {
    const { document, events } = recorded('five-ways-workflows-hello-1');
    const plan = compileWorkflow(document);
    const result = {
      ...plan.result!,
      evaluate: () => {
        throw new Error('a bug');
      },
    };
    expect(() => replayHistory({ ...plan, result }, events)).toThrow('a bug');
  });
});
