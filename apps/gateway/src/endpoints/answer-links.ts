import { Failure, type AcceptedCall, type Caller } from '@nightshift/contracts';
import { makeSignedLinks } from '../links/signed-links.ts';

export interface AnswerLinksDeps {
  /** What links are signed with, another key for each purpose. @throws Failure `secret.unavailable` where there is none */
  linkKey: (purpose: string) => Buffer;
  nowMs: () => number;
  /** Where the door is for the outside; undefined: paths are given. */
  publicUrl: string | undefined;
}

/** Where callers look who did not wait, or not long enough. Links last a day. */
export interface AnswerLinks {
  make(runId: string, caller: Caller | undefined): AcceptedCall;
  /** The run that a token is for. @throws Failure `link.invalid`, `link.expired` */
  open(token: string): string;
}

const DAY_MS = 24 * 60 * 60_000;

export const makeAnswerLinks = ({ linkKey, nowMs, publicUrl = '' }: AnswerLinksDeps): AnswerLinks => {
  const answers = makeSignedLinks({ linkKey: () => linkKey('answer links'), nowMs });
  const progress = makeSignedLinks({ linkKey: () => linkKey('progress links'), nowMs });
  return {
    make: (runId, caller) => {
      const hasKey = caller?.kind === 'key' && caller.user === undefined;
      const byKey = { runId, statusUrl: `${publicUrl}/v1/runs/${runId}` };
      try {
        const answerUrl = `${publicUrl}/v1/public/answers/${answers.sign(runId, DAY_MS).token}`;
        if (hasKey) return { ...byKey, answerUrl };
        return {
          runId,
          statusUrl: `${publicUrl}/v1/public/progress/${progress.sign(runId, DAY_MS).token}`,
          answerUrl,
        };
      } catch (error) {
        if (error instanceof Failure && error.code === 'secret.unavailable') return byKey;
        throw error;
      }
    },
    open: answers.open,
  };
};
