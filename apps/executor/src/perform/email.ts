import { createHash } from 'node:crypto';
import { asFailure } from '@nightshift/contracts';
import type { EffectOf } from '@nightshift/workflow-core';
import { effectKey } from './effect-key.ts';
import { failed, isPlatformAway } from './failed.ts';
import type { Perform } from './performed.ts';

/** A mail with everything that it is sent with. */
export interface Mail {
  message: EffectOf<'email'>['message'] & { from: string };
  /** `<…@nightshift>` */
  messageId: string;
  runId: string;
  step: string;
}

export interface Delivered {
  accepted: string[];
  rejected: string[];
}

/**
 * Hands a mail over to what delivers it. Aborted before that took it, it is not sent.
 * @throws Failure `email.failed` if the same mail may be taken later, `email.refused` if never
 */
export type Deliver = (mail: Mail, signal: () => AbortSignal) => Promise<Delivered>;

export interface PerformEmailDeps {
  /** Of mails whose workflow names no sender: `Name <address>`. */
  from: string;
  deliver: Deliver;
}

/**
 * Sends a mail. At least once: its `Message-ID` is the same for every attempt at this step, so that mail systems can tell a repeat.
 * Succeeds if at least one recipient was accepted.
 */
export const makePerformEmail =
  ({ from, deliver }: PerformEmailDeps): Perform<'email'> =>
  async ({ message }, occasion) => {
    const { runId, step, signal } = occasion;
    const messageId = messageIdOf(effectKey(occasion));
    try {
      const mail = { message: { ...message, from: message.from ?? from }, messageId, runId, step };
      const delivered = await deliver(mail, signal);
      return { outcome: { kind: 'completed', result: { messageId, ...delivered } } };
    } catch (error) {
      const failure = asFailure(error);
      if (isPlatformAway(failure)) throw failure;
      return failed(failure);
    }
  };

/** As many characters as leave the header on one line: not everybody takes a folded `Message-ID`. */
const HASH_CHARS = 40;

const messageIdOf = (key: string): string =>
  `<${createHash('sha256').update(key).digest('hex').slice(0, HASH_CHARS)}@nightshift>`;
