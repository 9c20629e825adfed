import { describe, expect, it } from 'vitest';
import { makeConfirmedPosition, type Batch, type ConfirmedPosition } from './confirmed-position.ts';

const transaction = (confirmed: ConfirmedPosition, end: number, events: number): Batch[] => {
  confirmed.begin();
  const batches = Array.from({ length: events }, () => confirmed.published());
  confirmed.commit(end);
  return batches;
};

describe('the confirmed position', () => {
  it('waits for the acks and for the consumer', () => {
    const confirmed = makeConfirmedPosition();
    const [first, second] = transaction(confirmed, 100, 2) as [Batch, Batch];
    confirmed.acked(first, 1);
    confirmed.finishedTo(2);
    expect(confirmed.position).toBe(0);
    confirmed.acked(second, 2);
    expect(confirmed.position).toBe(100);
    expect(confirmed.waiting).toBe(0);
  });

  it('waits for the consumer after the acks', () => {
    const confirmed = makeConfirmedPosition();
    const [event] = transaction(confirmed, 100, 1) as [Batch];
    confirmed.acked(event, 7);
    expect(confirmed.position).toBe(0);
    confirmed.finishedTo(6);
    expect(confirmed.position).toBe(0);
    confirmed.finishedTo(7);
    expect(confirmed.position).toBe(100);
  });

  it('passes transactions without events, but not those that wait before them', () => {
    const confirmed = makeConfirmedPosition();
    transaction(confirmed, 50, 0);
    expect(confirmed.position).toBe(50);
    const [event] = transaction(confirmed, 100, 1) as [Batch];
    transaction(confirmed, 200, 0);
    confirmed.idleAt(300);
    expect(confirmed.position).toBe(50);
    confirmed.acked(event, 1);
    confirmed.finishedTo(1);
    expect(confirmed.position).toBe(200);
    confirmed.idleAt(300);
    expect(confirmed.position).toBe(300);
  });

  it('does not advance within a transaction', () => {
    const confirmed = makeConfirmedPosition();
    confirmed.finishedTo(10);
    confirmed.begin();
    confirmed.idleAt(90);
    expect(confirmed.position).toBe(0);
    const event = confirmed.published();
    confirmed.acked(event, 1);
    expect(confirmed.position).toBe(0);
    confirmed.commit(100);
    confirmed.finishedTo(10);
    expect(confirmed.position).toBe(100);
  });

  it('never goes back, and confirms all in the end, in whatever order acks come', () => {
    const confirmed = makeConfirmedPosition();
    const events = Array.from({ length: 5_000 }, (_, index) => ({
      batch: transaction(confirmed, (index + 1) * 10, 1)[0]!,
      sequence: index + 1,
    }));
    let before = 0;
    events.forEach(({ batch, sequence }, index) => {
      confirmed.acked(batch, sequence);
      if (index % 7 === 0) confirmed.finishedTo(Math.floor(index / 2));
      expect(confirmed.position).toBeGreaterThanOrEqual(before);
      expect(confirmed.position).toBeLessThanOrEqual((Math.floor(index / 2) + 64) * 10);
      before = confirmed.position;
    });
    confirmed.finishedTo(5_000);
    expect(confirmed.position).toBe(50_000);
    expect(confirmed.waiting).toBe(0);
  });
});
