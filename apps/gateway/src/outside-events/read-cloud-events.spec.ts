import type { Failure } from '@nightshift/contracts';
import { describe, expect, it } from 'vitest';
import { readCloudEvents, type EventRequest } from './read-cloud-events.ts';

const nowMs = Date.parse('2026-05-01T10:00:00Z');
const event = { specversion: '1.0', id: 'e1', source: '/shop', type: 'order.paid' };

const json = (body: unknown, type = 'application/json'): EventRequest => ({ headers: { 'content-type': type }, body });
const binary = (attributes: Record<string, string>, body?: unknown): EventRequest => ({
  headers: Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`ce-${name}`, value])),
  body,
});

const refusalOf = (request: EventRequest): Failure => {
  try {
    readCloudEvents(request, nowMs);
  } catch (error) {
    return error as Failure;
  }
  throw new Error('was not refused');
};

describe('an event', () => {
  it.each(['application/json', 'application/cloudevents+json; charset=utf-8'])('is read from %s', (type) => {
    const full = { ...event, subject: '17', time: '2026-05-01T12:00:00+02:00', data: { sum: 3 }, partition: 'a' };
    expect(readCloudEvents(json(full, type), nowMs)).toEqual({
      isBatch: false,
      events: [
        {
          id: 'e1',
          source: '/shop',
          type: 'order.paid',
          subject: '17',
          time: '2026-05-01T10:00:00.000Z',
          data: { sum: 3 },
        },
      ],
    });
  });

  it('without what need not be there is of now, for nobody in particular', () => {
    const [read] = readCloudEvents(json(event), nowMs).events;
    expect(read).toMatchObject({ subject: null, time: '2026-05-01T10:00:00.000Z', data: null });
  });

  it('is read from headers, with the body as its data', () => {
    const [read] = readCloudEvents(binary({ ...event, subject: 'caf%C3%A9' }, [1]), nowMs).events;
    expect(read).toMatchObject({ id: 'e1', subject: 'café', data: [1] });
  });

  it('gives on bytes as the text that they came as', () => {
    const [read] = readCloudEvents(json({ ...event, data_base64: 'AAE=' }), nowMs).events;
    expect(read?.data).toBe('AAE=');
  });
});

describe('a batch', () => {
  const batch = (body: unknown): EventRequest => json(body, 'application/cloudevents-batch+json');

  it('may be of one, or of none', () => {
    expect(readCloudEvents(batch([event]), nowMs)).toMatchObject({ isBatch: true, events: [{ id: 'e1' }] });
    expect(readCloudEvents(batch([]), nowMs)).toEqual({ isBatch: true, events: [] });
  });

  it('is refused as a whole, naming each place', () => {
    const failure = refusalOf(batch([event, { ...event, id: '' }, 5]));
    expect(failure.details.errors?.map(({ pointer }) => pointer)).toEqual(['/1/id', '/2']);
  });
});

describe('what is no event', () => {
  it.each<[string, EventRequest, string]>([
    ['nothing', json(undefined), ''],
    ['a list', json([event]), ''],
    ['another version', json({ ...event, specversion: '0.3' }), '/specversion'],
    ['no id', json({ ...event, id: undefined }), '/id'],
    ['a source that is a number', json({ ...event, source: 5 }), '/source'],
    ['an empty subject', json({ ...event, subject: '' }), '/subject'],
    ['a subject that cannot be kept', json({ ...event, subject: 'a\0b' }), '/subject'],
    ['a key that is too long', json({ ...event, subject: 'x'.repeat(257) }), '/subject'],
    ['no time', json({ ...event, time: 'noon' }), '/time'],
    ['a time that no database knows', json({ ...event, time: '0000-01-01T00:00:00Z' }), '/time'],
    ['two kinds of data', json({ ...event, data: 1, data_base64: 'AA==' }), '/data_base64'],
    ['a header that is not encoded', binary({ ...event, subject: '%zz' }), '/subject'],
    ['headers without a type', binary({ specversion: '1.0', id: 'e1', source: '/shop' }), '/type'],
  ])('is refused: %s', (_, request, pointer) => {
    const failure = refusalOf(request);
    expect(failure.code).toBe('event.invalid');
    expect(failure.details.errors?.map((error) => error.pointer)).toEqual([pointer]);
  });
});
