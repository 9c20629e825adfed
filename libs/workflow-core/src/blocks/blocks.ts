import { DurationSchema, IdentifierSchema } from '@nightshift/contracts';
import { Type } from 'typebox';
import { appendPointer } from '../document/json-pointer.ts';
import { isObject } from '../document/json-object.ts';
import { orExpression } from '../steps/text-or-expression.ts';
import type { BlockKind, Body } from './block-kind.ts';
import { StepsSchema } from './steps-schema.ts';

/** A loop goes round at most this often, unless it says less: its history is kept, and read again, whole. */
export const LOOP_LIMIT = 10_000;

const whole = (action: unknown): Body[] => [{ branch: 'do', pointer: '', steps: action }];
const underDo = (action: unknown): Body[] =>
  isObject(action) && action['do'] !== undefined ? [{ branch: 'do', pointer: '/do', steps: action['do'] }] : [];

/**
 * Steps taken together, so that one `if`, `retry`, `timeout` or `catch` holds for all of them. The result of this and every other block
 * is that of its last step, unless it says otherwise.
 *
 * ```yaml
 * - notify:
 *     if: user.wantsMail
 *     do:
 *       - mail: { email: { to: =user.email, subject: Hello, text: Hi } }
 *       - mark: { change: { type: user, id: =user.id, fields: { notifiedAt: =$now() } } }
 * ```
 */
const doBlock: BlockKind = { schema: StepsSchema, bodies: whole };

/**
 * Steps whose failure is taken by the `catch` beside them.
 *
 * ```yaml
 * - pay:
 *     try:
 *       - charge: { http: { method: POST, url: 'https://pay.example.com/charges' } }
 *     catch:
 *       errors: { type: http.status, status: 402 }
 *       do:
 *         - tell: { log: =error.detail }
 * ```
 */
const tryBlock: BlockKind = { schema: StepsSchema, bodies: whole };

/**
 * The first case whose `when` is true; one without `when` is for everything else. Skipped if there is none.
 *
 * ```yaml
 * - ship:
 *     switch:
 *       - express: { when: order.isUrgent, do: [{ fast: { call: { workflow: ship-fast } } }] }
 *       - normal: { do: [{ slow: { call: { workflow: ship } } }] }
 * ```
 */
const switchBlock: BlockKind = {
  schema: Type.Array(
    Type.Record(
      IdentifierSchema,
      Type.Object({ when: Type.Optional(Type.String()), do: StepsSchema }, { additionalProperties: false }),
      { minProperties: 1, maxProperties: 1, additionalProperties: false },
    ),
    { minItems: 1 },
  ),
  bodies: (action) =>
    Array.isArray(action)
      ? action.flatMap((entry: unknown, index) =>
          Object.entries(isObject(entry) ? entry : {}).flatMap(([branch, given]) =>
            isObject(given) && given['do'] !== undefined
              ? [{ branch, pointer: `${appendPointer(`/${index}`, branch)}/do`, steps: given['do'] }]
              : [],
          ),
        )
      : [],
};

/**
 * The steps once for each item, one after the other; with `while` only as long as that is true, and without `in` until it no longer is.
 * `item` and `index` are in scope, or what `each` and `at` call them, and `previous`: what the round before returned. The result is the
 * list of what the rounds returned. What the steps of a round gave is gone with the round.
 *
 * ```yaml
 * - pages:
 *     for:
 *       while: $not($exists(previous)) or previous.next != null
 *       do:
 *         - page: { http: { url: ='https://api.example.com/orders?cursor=' & previous.next } }
 *       return: { next: =page.body.next, count: =$count(page.body.items) }
 * ```
 */
const forBlock: BlockKind = {
  schema: Type.Object(
    {
      in: Type.Optional(orExpression(Type.Array(Type.Unknown()))),
      while: Type.Optional(Type.String()),
      each: Type.Optional(IdentifierSchema),
      at: Type.Optional(IdentifierSchema),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: LOOP_LIMIT })),
      do: StepsSchema,
      return: Type.Optional(Type.Unknown()),
    },
    { additionalProperties: false },
  ),
  bodies: underDo,
};

/**
 * Branches that go on side by side. The result holds that of each branch, by name. With `compete`, the first branch that is done ends the
 * others, and the result holds it alone.
 *
 * ```yaml
 * - answer:
 *     fork:
 *       compete: true
 *       branches:
 *         approved: [{ yes: { waitFor: { event: order.approved, key: =order.id } } }]
 *         expired: [{ late: { wait: { days: 3 } } }]
 * ```
 */
const forkBlock: BlockKind = {
  schema: Type.Object(
    {
      branches: Type.Record(IdentifierSchema, StepsSchema, { minProperties: 1, additionalProperties: false }),
      compete: Type.Optional(Type.Boolean()),
    },
    { additionalProperties: false },
  ),
  bodies: (action) =>
    Object.entries(isObject(action) && isObject(action['branches']) ? action['branches'] : {}).map(
      ([branch, given]) => ({
        branch,
        pointer: appendPointer('/branches', branch),
        steps: given,
      }),
    ),
};

/**
 * Data steps that are committed together or not at all, and see each other's changes. Between them only steps that compute may stand.
 *
 * ```yaml
 * - order:
 *     transaction:
 *       - placed: { create: { type: order, fields: { user: =parameters.user } } }
 *       - taken: { change: { type: item, id: =parameters.item, increment: { stock: -1 } } }
 * ```
 */
const transactionBlock: BlockKind = { schema: StepsSchema, bodies: whole };

/**
 * Steps during which no other run holds the lock of this name. Runs get it in the order in which they asked. A run that is not heard of for
 * `lease` (one minute if absent) loses it; one that does not get it within `wait` fails.
 *
 * ```yaml
 * - book:
 *     lock:
 *       name: ='account-' & parameters.account
 *       wait: { minutes: 5 }
 *       do:
 *         - paid: { call: { workflow: pay, parameters: { account: =parameters.account } } }
 * ```
 */
const lockBlock: BlockKind = {
  schema: Type.Object(
    {
      name: Type.String({ minLength: 1 }),
      lease: Type.Optional(DurationSchema),
      wait: Type.Optional(DurationSchema),
      do: StepsSchema,
    },
    { additionalProperties: false },
  ),
  bodies: underDo,
};

/** Every kind of block, by the word that the document uses for it. */
export const blockKinds = {
  do: doBlock,
  try: tryBlock,
  switch: switchBlock,
  for: forBlock,
  fork: forkBlock,
  transaction: transactionBlock,
  lock: lockBlock,
} as const satisfies Record<string, BlockKind>;

export type BlockKindName = keyof typeof blockKinds;

export const blockKindNames = Object.keys(blockKinds) as BlockKindName[];

export const isBlockKindName = (word: string): word is BlockKindName => Object.hasOwn(blockKinds, word);
