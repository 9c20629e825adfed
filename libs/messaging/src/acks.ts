import type { Link } from './link.ts';

/** Answers to the server about messages in hand. */
export interface Acks {
  /** Handled. Goes out at the end of this turn of the event loop, with all others of the turn in one write. */
  ack(reply: string): void;
  /** Not handled: again after the delay, to whoever is free. */
  handBack(reply: string, delayMs: number): void;
  /** Still at it: the ack wait begins anew. */
  working(reply: string): void;
  /** Never again. */
  terminate(reply: string): void;
}

const encoder = new TextEncoder();
const ACK = encoder.encode('+ACK');
const WORKING = encoder.encode('+WPI');
const TERMINATE = encoder.encode('+TERM');

export const makeAcks = (link: Link): Acks => {
  let pending: string[] = [];

  const flush = (): void => {
    const replies = pending;
    pending = [];
    // What handlers published goes out before their acks: an ack says that it has.
    link.sendPending();
    // A lost connection loses its acks; the messages come again.
    if (link.isConnected()) for (const reply of replies) link.nc.publish(reply, ACK);
  };
  const say = (reply: string, word: Uint8Array): void => {
    if (link.isConnected()) link.nc.publish(reply, word);
  };

  return {
    ack: (reply) => {
      if (pending.push(reply) === 1) setImmediate(flush);
    },
    handBack: (reply, delayMs) => say(reply, encoder.encode(`-NAK {"delay":${delayMs * 1_000_000}}`)),
    working: (reply) => say(reply, WORKING),
    terminate: (reply) => say(reply, TERMINATE),
  };
};
