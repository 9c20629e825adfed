import { compileSchema, ProgressLinkBodySchema, type ProgressLink } from '@nightshift/contracts';
import { checked } from '../door/checked.ts';
import { makeSignedLinks } from '../links/signed-links.ts';
import type { ReadProgress } from './read-progress.ts';

export interface ProgressLinksDeps {
  readProgress: ReadProgress;
  /** What tokens are signed with. @throws Failure `secret.unavailable` where there is none */
  linkKey: () => Buffer;
  nowMs: () => number;
}

/** Links by which anybody sees how far one thing is, and nothing else. */
export interface ProgressLinks {
  /**
   * @param base where the door is for those who are given the link
   * @throws Failure `request.invalid`, `run.not_found`, `secret.unavailable`
   */
  make(id: string, body: unknown, base: string): Promise<ProgressLink>;
  /** The id that a token is for. @throws Failure `link.invalid`, `link.expired` */
  open(token: string): string;
}

const check = compileSchema(ProgressLinkBodySchema);

export const makeProgressLinks = ({ readProgress, linkKey, nowMs }: ProgressLinksDeps): ProgressLinks => {
  const links = makeSignedLinks({ linkKey, nowMs });
  return {
    make: async (id, body, base) => {
      const lengthMs = links.lengthOf(checked(check, body ?? {}).expiresIn);
      await readProgress(id);
      const { token, expiresAt } = links.sign(id, lengthMs);
      return { url: `${base}/v1/public/progress/${token}`, token, expiresAt };
    },
    open: links.open,
  };
};
