import { stringify } from 'node:querystring';
import type { WebhookBody } from '@nightshift/contracts';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

/** What each of the patterns would be matched with for years, did it go back and forth. */
const text = `${'a'.repeat(3_000)}!`;
const endless = ['/^(a+)+$/i', '/^(a{1,20}){1,20}$/', '/^(a|aa)+$/m', '/^(\\w+\\s?)*$/i'];
const evil = `$contains(parameters.text, ${endless.join(') or $contains(parameters.text, ')})`;

let platform: TestPlatform;

beforeAll(async () => {
  platform = await openTestPlatform({ hasTrigger: true });
  await platform.publish('honest', { do: [{ one: { set: 1 } }], return: '=one' });
}, 60_000);
afterAll(() => platform?.close());

/** Somebody else, at the same time. */
const others = async (): Promise<void> => {
  expect((await fetch(`${platform.url}/readyz`)).status).toBe(200);
  expect(await platform.run('honest')).toMatchObject({ status: 'succeeded', result: 1 });
};

const besideOthers = async <T>(doing: Promise<T>): Promise<T> => (await Promise.all([doing, others()]))[0];

describe('a pattern that would match for ever', () => {
  it.each<[string, unknown[], unknown]>([
    ['a value', [{ found: { set: `=${evil}` } }], false],
    ['an if', [{ found: { if: evil, set: 1 } }], 'nothing'],
    ['a choice', [{ found: { set: `=(${evil}) ? 'yes' : 'no'` } }], 'no'],
    [
      'a for',
      [
        {
          found: { for: { in: `=$split(parameters.text, /(a+a+)+b/i)`, do: [{ each: { set: 1 } }], return: '=each' } },
        },
      ],
      [1],
    ],
    ['a while', [{ found: { for: { while: evil, do: [{ each: { set: 1 } }], return: '=each' } } }], []],
    ['an expression that is computed', [{ found: { set: '=$eval("$contains(parameters.text, /^(a+)+$/i)")' } }], false],
    ['a match', [{ found: { set: '=$count($match(parameters.text, /(a*)*!/i))' } }], 1],
    ['a replacement', [{ found: { set: '=$length($replace(parameters.text, /(a|a)*b/i, ""))' } }], text.length],
  ])('ends in %s', async (what, steps, result) => {
    const workflow = what.replaceAll(' ', '-');
    await platform.publish(workflow, { do: steps, return: '=$exists(found) ? found : "nothing"' });
    expect(await besideOthers(platform.run(workflow, { text }))).toMatchObject({ status: 'succeeded', result });
  });

  it("ends in a trigger's when", async () => {
    const when = evil.replaceAll('parameters.text', 'event.data.text');
    await platform.publish('on-evil', { triggers: [{ event: 'noted', when }], do: [{ one: { set: 1 } }] });
    await platform.publish('on-any', { triggers: [{ event: 'noted' }], do: [{ one: { set: 1 } }] });
    const sent = fetch(`${platform.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${platform.adminKey}`, 'content-type': 'application/cloudevents+json' },
      body: JSON.stringify({ specversion: '1.0', id: '1', source: '/test', type: 'noted', data: { text } }),
    });
    expect((await besideOthers(sent)).ok).toBe(true);
    const runsOf = async (workflow: string) => (await platform.client.runs.search({ workflow })).items;
    await waitFor(async () => (await runsOf('on-any')).length === 1);
    expect(await runsOf('on-evil')).toEqual([]);
  });

  it("ends in an endpoint's when, and in what a caller sends to a schema", async () => {
    const parameters = {
      type: 'object',
      properties: { text: { type: 'string' }, slow: { type: 'string', pattern: '^(a+)+$' } },
    };
    const steps = { parameters, do: [{ one: { set: 1 } }], return: '=one' };
    await platform.publish('guarded', { ...steps, expose: { auth: 'none', when: evil } });
    await platform.publish('open', { ...steps, expose: { auth: 'none' } });
    const call = (name: string, body: object): Promise<Response> =>
      fetch(`${platform.url}/wf/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const guarded = await besideOthers(call('guarded', { text }));
    expect(await guarded.json()).toMatchObject({ code: 'endpoint.condition_not_met' });
    expect((await besideOthers(call('open', { slow: text }))).status).toBe(400);
    expect((await besideOthers(call('open', { slow: 'aa' }))).status).toBe(200);
  });

  it('is refused where only comparisons are taken: filters of live events and rules of privacy', async () => {
    await platform.client.types.declare('paper', { code: { kind: 'text' } });
    const when = '$contains(thing.code, /^(a+)+$/i)';
    await expect(platform.client.types.setPrivacy('paper', [{ name: 'rule', when, find: true }])).rejects.toMatchObject(
      { code: 'privacy.invalid' },
    );
    const query = stringify({ filter: '$contains(event.workflow, /^(a+)+$/i)' });
    const answer = await fetch(`${platform.url}/v1/events?${query}`, {
      headers: { authorization: `Bearer ${platform.adminKey}` },
    });
    expect(answer.status).toBe(400);
  });
});

describe('a pattern that cannot be matched in linear time', () => {
  const refused: [string, string][] = [
    ['a lookaround', '/(?=a)b/'],
    ['a back-reference', '/(a)\\1/'],
    ['a million repetitions', '/((a{1,100}){1,100}){1,100}/'],
  ];
  it.each(refused)('%s is refused when a workflow is saved, with its place', async (_what, regex) => {
    const saved = platform.client.workflows.save('looking', {
      workflow: 'looking',
      do: [{ match: { set: `=$contains(parameters.text, ${regex})` } }],
    });
    await expect(saved).rejects.toMatchObject({
      code: 'workflow.invalid',
      problem: { errors: [{ pointer: '/do/0/match/set', detail: expect.stringContaining('character') as string }] },
    });
  });

  it.each(refused)('%s is refused in the filter of a webhook', async (_what, regex) => {
    const webhook: WebhookBody = { url: 'https://example.com', filter: `$contains(event.workflow, ${regex})` };
    await expect(platform.client.webhooks.put('looking', webhook)).rejects.toMatchObject({
      problem: { code: 'request.invalid', errors: [{ pointer: '/filter' }] },
    });
  });
});

it('many matches with a long way to each take the time that an expression has, and the step fails', async () => {
  await platform.publish('squared', { do: [{ found: { set: '=$count($match(parameters.text, /a.*z|a/))' } }] });
  const run = await besideOthers(platform.run('squared', { text: 'a'.repeat(99_000) }));
  expect(run).toMatchObject({ status: 'failed' });
}, 30_000);
