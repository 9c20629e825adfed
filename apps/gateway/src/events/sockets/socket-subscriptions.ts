import { asFailure, Failure, type Subscribe } from '@nightshift/contracts';
import { refusal } from '../../door/checked.ts';
import type { BeatWheel } from '../beat-wheel.ts';
import type { ReadCondition } from '../event-conditions.ts';
import { toEventFilter, type EventFilter } from '../event-filter.ts';
import type { FollowEvents } from '../follow-events.ts';
import type { Outlet } from '../outlet.ts';
import type { SocketLine } from './socket-line.ts';

/** Subscriptions of one connection. More clients are more connections. */
export const SUBSCRIPTIONS_MAX = 100;

/** What the holder of a connection may follow. */
export interface SocketRights {
  seesPayloads: boolean;
  /** He came by a link, and follows what it is for. */
  linked?: EventFilter;
}

export interface SocketSubscriptionsDeps {
  follow: FollowEvents;
  wheel: BeatWheel;
  readCondition: ReadCondition;
}

/** All subscriptions of one connection. */
export interface SocketSubscriptions {
  /** Refusals are told to the client. Resolves when the subscription has begun, or has not. */
  subscribe(asked: Subscribe, rights: SocketRights): Promise<void>;
  unsubscribe(id: string): void;
  close(): void;
}

export const makeSocketSubscriptions =
  ({ follow, wheel, readCondition }: SocketSubscriptionsDeps) =>
  (line: SocketLine): SocketSubscriptions => {
    /** What lets go of each. */
    const open = new Map<string, () => void>();

    const filterOf = ({ id: _id, after: _after, ...followed }: Subscribe, { linked }: SocketRights): EventFilter => {
      if (linked === undefined) return toEventFilter(followed, readCondition);
      const [other] = Object.keys(followed);
      if (other === undefined) return linked;
      throw refusal('request.invalid', [
        { pointer: `/subscribe/${other}`, detail: 'is not taken here: the link says what is followed' },
      ]);
    };

    const leave = (id: string): void => {
      const letGo = open.get(id);
      open.delete(id);
      letGo?.();
    };

    const begin = async (asked: Subscribe, rights: SocketRights): Promise<void> => {
      const { id, after } = asked;
      if (open.has(id)) throw refusal('request.invalid', [{ pointer: '/subscribe/id', detail: 'is in use already' }]);
      if (open.size >= SUBSCRIPTIONS_MAX) {
        throw new Failure('events.too_many', {
          detail: `A connection has at most ${SUBSCRIPTIONS_MAX} subscriptions.`,
        });
      }
      const filter = filterOf(asked, rights);
      let outlet: Outlet | undefined;
      open.set(id, () => {});
      try {
        const session = await follow({ filter, seesPayloads: rights.seesPayloads, after }, () => {
          outlet = line.openOutlet(id, () => leave(id));
          return outlet;
        });
        if (session === undefined || outlet === undefined) {
          open.delete(id);
          return line.say({ subscription: id, ended: true });
        }
        if (outlet.isClosed || line.isClosed) return session.close();
        const stopBeating = wheel.add(session);
        open.set(id, () => {
          stopBeating();
          session.close();
        });
      } catch (error) {
        open.delete(id);
        throw error;
      }
    };

    return {
      subscribe: (asked, rights) =>
        begin(asked, rights).catch((error: unknown) => {
          line.say({ subscription: asked.id, error: asFailure(error).toProblem() });
        }),
      unsubscribe: (id) => {
        if (!open.has(id)) return;
        leave(id);
        line.say({ subscription: id, unsubscribed: true });
      },
      close: () => {
        for (const id of [...open.keys()]) leave(id);
      },
    };
  };
