/** Below NATS' own limit of 1 MiB for a message. An answer that cannot be sent must take back what it is the answer of. */
export const ANSWER_MAX_BYTES = 1_000_000;
