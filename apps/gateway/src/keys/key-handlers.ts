import {
  ChangeKeyBodySchema,
  compileSchema,
  CreateKeyBodySchema,
  durationMs,
  Failure,
  KeysQuerySchema,
  RotateKeyBodySchema,
  signals,
  type Duration,
  type KeyView,
  type NewKey,
  type Page,
} from '@nightshift/contracts';
import type { Key, Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import type { IsUser } from '../door/acting-user.ts';
import { ADMIN } from '../door/authenticate.ts';
import type { Asked } from '../door/asked.ts';
import { checked, refusal } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { Grant } from '../door/grant.ts';
import { readDate } from '../door/read-date.ts';
import { hashOfKey, makeKeyText } from './key-text.ts';
import { viewOf } from './key-view.ts';
import type { Keyring } from './keyring.ts';

export interface KeyHandlersDeps {
  ledger: Pick<Ledger, 'keys'>;
  bus: Pick<Bus, 'send'>;
  keyring: Pick<Keyring, 'forget'>;
  isUser: IsUser;
  nowMs: () => number;
}

/** Who asks for it, and what he may do himself. */
export interface KeyAsked {
  asked: Asked;
  grant: Grant;
}

const checkCreate = compileSchema(CreateKeyBodySchema);
const checkChange = compileSchema(ChangeKeyBodySchema);
const checkRotate = compileSchema(RotateKeyBodySchema);
const checkQuery = compileSchema(KeysQuerySchema);

/** A longer overlap is two keys. */
const OVERLAP_MAX_MS = 30 * 24 * 3_600_000;

const invalid = (pointer: string, detail: string): Failure => refusal('request.invalid', [{ pointer, detail }]);

/** Whoever does not see payloads would see them with a key that does. @throws Failure `auth.forbidden` */
const assertNotMore = (grant: Grant, { seesPayloads }: Pick<Key, 'seesPayloads'>): void => {
  if (seesPayloads && !grant.seesPayloads)
    throw new Failure('auth.forbidden', { detail: 'The key sees payloads, and these credentials do not.' });
};

/** Keys are made, changed and revoked in the ledger; every gateway hears of it. */
export const makeKeyHandlers = ({ ledger: { keys }, bus, keyring, isUser, nowMs }: KeyHandlersDeps) => {
  const changed = (key: Key): KeyView => {
    keyring.forget(key.id);
    bus.send(signals.access, { key: key.id });
    return viewOf(key, nowMs());
  };

  const readExpiry = (
    expiresAt: string | null | undefined,
    expiresIn: Duration | undefined,
  ): Date | null | undefined => {
    if (expiresAt !== undefined && expiresIn !== undefined)
      throw invalid('/expiresIn', 'has no meaning beside expiresAt');
    if (expiresAt === null) return null;
    const date =
      expiresIn === undefined ? readDate('/expiresAt', expiresAt) : new Date(nowMs() + durationMs(expiresIn));
    if (date === undefined) return undefined;
    if (Number.isNaN(date.getTime())) throw invalid('/expiresIn', 'is longer than time is counted');
    if (date.getTime() <= nowMs()) throw invalid(expiresIn === undefined ? '/expiresAt' : '/expiresIn', 'is over');
    return date;
  };

  const find = async (id: string): Promise<Key> => {
    const [key] = await keys.find([id]);
    if (key === undefined) throw new Failure('key.not_found', { detail: `There is no key ${id}` });
    return key;
  };

  return {
    /** @throws Failure `request.invalid`, `auth.forbidden`, `auth.unknown_user`, `key.name_taken`, `key.shown_once` for a repeat */
    create: async (input: unknown, { asked, grant }: KeyAsked): Promise<NewKey> => {
      const body = checked(checkCreate, input ?? {});
      const { name, role, starts = [], seesPayloads = true, rateLimit = null, user = null } = body;
      if (name === ADMIN) throw new Failure('key.name_taken', { detail: `"${ADMIN}" is the key of the environment` });
      if (role === null && starts.length === 0) throw invalid('/starts', 'must name something if there is no role');
      assertNotMore(grant, { seesPayloads });
      const expiresAt = readExpiry(body.expiresAt, body.expiresIn) ?? null;
      if (user !== null && !(await isUser(user)))
        throw new Failure('auth.unknown_user', { detail: `There is no user with the id ${user.slice(0, 64)}` });
      const id = asked.newId();
      const text = makeKeyText(id);
      const key = await keys.create({
        id,
        name,
        role,
        starts,
        seesPayloads,
        rateLimit,
        user,
        createdBy: grant.caller,
        expiresAt,
        hash: hashOfKey(text),
      });
      return { ...changed(key), key: text };
    },

    /** @throws Failure `request.invalid` */
    list: async (query: Record<string, string | string[] | undefined>): Promise<Page<KeyView>> => {
      const { revoked = false } = checked(checkQuery, coerceQuery(query, KeysQuerySchema));
      const items = await keys.list(revoked);
      return { items: items.map((key) => viewOf(key, nowMs())), nextCursor: null };
    },

    /** @throws Failure `key.not_found` */
    get: async (id: string): Promise<KeyView> => viewOf(await find(id), nowMs()),

    /** @throws Failure `request.invalid`, `auth.forbidden`, `key.not_found`, `key.revoked` */
    change: async (id: string, input: unknown, { grant }: KeyAsked): Promise<KeyView> => {
      const body = checked(checkChange, input ?? {});
      assertNotMore(grant, { seesPayloads: body.seesPayloads ?? (await find(id)).seesPayloads });
      const { role, starts, seesPayloads, rateLimit } = body;
      const expiresAt = readExpiry(body.expiresAt, body.expiresIn);
      return changed(await keys.change(id, { role, starts, seesPayloads, rateLimit, expiresAt }));
    },

    /** @throws Failure `request.invalid`, `auth.forbidden`, `key.not_found`, `key.revoked`, `key.shown_once` for a repeat */
    rotate: async (id: string, input: unknown, { asked, grant }: KeyAsked): Promise<NewKey> => {
      const { overlap = { seconds: 0 } } = checked(checkRotate, input ?? {});
      const overlapMs = durationMs(overlap);
      if (!(overlapMs <= OVERLAP_MAX_MS)) throw invalid('/overlap', 'must be 30 days at most');
      assertNotMore(grant, await find(id));
      const text = makeKeyText(id);
      const key = await keys.rotate(id, { hash: hashOfKey(text), overlapMs, requestId: asked.newId() });
      return { ...changed(key), key: text };
    },

    /** @throws Failure `key.not_found` */
    revoke: async (id: string): Promise<KeyView> => changed(await keys.revoke(id)),
  };
};

export type KeyHandlers = ReturnType<typeof makeKeyHandlers>;
