/** Where a message stands in its stream, and how often it has been handed out. */
export interface Delivery {
  subject: string;
  streamSequence: number;
  /** From 1. */
  deliveryCount: number;
  /** When the stream stored it. */
  time: Date;
}

/** A message of a batch. A payload that is not JSON stays text, for the handler to refuse. */
export interface Delivered {
  payload: unknown;
  delivery: Delivery;
}

/** What the server writes into the ack subject of each message that it delivers. */
export interface AckAddress {
  deliveryCount: number;
  streamSequence: number;
  /** Counts the consumer's deliveries from 1, so a gap is a lost message. */
  consumerSequence: number;
  timeMs: number;
}

/**
 * Reads `$JS.ACK.<stream>.<consumer>.<deliveries>.<stream sequence>.<consumer sequence>.<ns>.<pending>`, or the form with
 * `<domain>.<account>` before the stream and a random token at the end (nats-server 2.15).
 * https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-15.md
 */
export const parseAckSubject = (subject: string): AckAddress => {
  const tokens = subject.split('.');
  const first = tokens.length === 9 ? 4 : 6;
  return {
    deliveryCount: Number(tokens[first]),
    streamSequence: Number(tokens[first + 1]),
    consumerSequence: Number(tokens[first + 2]),
    timeMs: Math.floor(Number(tokens[first + 3]) / 1e6),
  };
};
