import {
  compileSchema,
  EventLinkBodySchema,
  Failure,
  type EventLink,
  type FollowedEvents,
} from '@nightshift/contracts';
import { checked, refusal } from '../door/checked.ts';
import type { Grant } from '../door/grant.ts';
import { makeSignedTokens, type SignedTokensDeps } from '../links/signed-tokens.ts';
import type { AssertExists } from './assert-exists.ts';
import type { ReadCondition } from './event-conditions.ts';
import { toEventFilter, type EventFilter } from './event-filter.ts';

export interface EventLinksDeps extends SignedTokensDeps {
  assertExists: AssertExists;
  readCondition: ReadCondition;
}

/** What a link lets anybody follow. */
export interface LinkedEvents {
  filter: EventFilter;
  seesPayloads: boolean;
  endsAtMs: number;
}

/** Links by which anybody follows what they name, and nothing else. */
export interface EventLinks {
  /**
   * @param base where the door is for those who are given the link
   * @throws Failure `request.invalid`, `run.not_found`, `list.not_found`, `workflow.not_found`, `auth.forbidden`, `secret.unavailable`
   */
  make(body: unknown, grant: Grant | undefined, base: string): Promise<EventLink>;
  /** @throws Failure `link.invalid`, `link.expired` */
  open(token: string): LinkedEvents;
}

/** Characters of what a link says. Longer tokens are no longer a segment of a path. */
const SAID_MAX_BYTES = 640;

const check = compileSchema(EventLinkBodySchema);

/** In the token: what is followed, and whether payloads are shown. */
type Said = FollowedEvents & { payloads?: boolean };

export const makeEventLinks = ({ assertExists, readCondition, ...deps }: EventLinksDeps): EventLinks => {
  const tokens = makeSignedTokens(deps);
  return {
    make: async (body, grant, base) => {
      const { expiresIn, payloads = false, ...followed } = checked(check, body ?? {});
      const lengthMs = tokens.lengthOf(expiresIn);
      const filter = toEventFilter(followed, readCondition);
      if (!filter.runId && !filter.listIds && !filter.chainIds && !filter.workflows) {
        throw refusal('request.invalid', [{ pointer: '', detail: 'must name a run, lists, chains or workflows' }]);
      }
      if (payloads && grant?.seesPayloads !== true) {
        throw new Failure('auth.forbidden', { detail: 'Whoever does not see payloads cannot show them to others.' });
      }
      await assertExists(filter);
      const said = Buffer.from(JSON.stringify({ ...followed, ...(payloads && { payloads }) } satisfies Said));
      if (said.length > SAID_MAX_BYTES) {
        throw refusal('request.invalid', [{ pointer: '', detail: 'names more than a link can hold: name less' }]);
      }
      const { token, expiresAt } = tokens.sign(said, lengthMs);
      return { url: `${base}/v1/public/events/${token}`, token, expiresAt };
    },
    open: (token) => {
      const { said, endsAtMs } = tokens.open(token);
      const { payloads = false, ...followed } = JSON.parse(said.toString()) as Said;
      return { filter: toEventFilter(followed, readCondition), seesPayloads: payloads, endsAtMs };
    },
  };
};
