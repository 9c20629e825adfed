import { Failure, requests, USER_HEADER, type Caller, type Operation } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import type { FastifyRequest } from 'fastify';

/** Whether there is such a user. @throws Failure `data.unavailable` */
export type IsUser = (id: string) => Promise<boolean>;

const TIMEOUT_MS = 10_000;

export const makeIsUser =
  ({ bus }: { bus: Pick<Bus, 'request'> }): IsUser =>
  (id) =>
    bus.request<boolean>(requests.isUser, { id }, { timeoutMs: TIMEOUT_MS, unavailable: 'data.unavailable' });

/** Ids are shorter. */
const ID_MAX_LENGTH = 200;

/** As whom the request is to be answered; null: somebody who is not logged in; undefined: nothing is said of that. */
export const namedUser = ({ headers }: FastifyRequest): string | null | undefined => {
  const named = headers[USER_HEADER];
  if (named === undefined) return undefined;
  const id = String(named).trim();
  return id === '' ? null : id;
};

/**
 * The caller, acting as the user that the request names. Where an operation is not for users the header is refused: what is answered there is not
 * filtered by rules, and whoever sends it would rely on that.
 * @throws Failure `auth.forbidden` where the credentials are of a user themselves, `auth.not_for_users`, `auth.unknown_user`, `data.unavailable`
 */
export const actingAs = async (
  caller: Caller,
  user: string | null,
  operation: Operation | undefined,
  isUser: IsUser,
): Promise<Caller> => {
  if (caller.user !== undefined)
    throw new Failure('auth.forbidden', { detail: 'These credentials are of a user: they can name no other one.' });
  if (!operation?.forUsers)
    throw new Failure('auth.not_for_users', { detail: 'Send this request without Nightshift-User.' });
  if (user !== null && (user.length > ID_MAX_LENGTH || !(await isUser(user))))
    throw new Failure('auth.unknown_user', { detail: `There is no user with the id ${user.slice(0, 64)}` });
  return { ...caller, user };
};
