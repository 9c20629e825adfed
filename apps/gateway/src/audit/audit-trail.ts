import type { Caller, Failure, Operation } from '@nightshift/contracts';
import { newId, type Audit } from '@nightshift/ledger';
import type { Logger } from '@nightshift/runtime';
import type { FastifyRequest } from 'fastify';
import { makeWindow } from '../rate-limits/window.ts';
import { addressRange } from '../rate-limits/address-range.ts';
import { operationIdOf, operationOf } from '../door/operation-of.ts';
import { toldOf } from './told-of.ts';

export interface AuditTrailDeps {
  audit: Pick<Audit, 'begin' | 'settle'>;
  logger: Pick<Logger, 'warn'>;
  nowMs: () => number;
}

/** What is written of requests: of each change that it was asked for, before it is made, and then what came of it. */
export interface AuditTrail {
  /** Resolves when it is on disk that this was asked for. @throws Failure `ledger.unavailable` */
  begin(request: FastifyRequest): Promise<void>;
  /** The answer is known. Nothing for a request that was not begun. */
  settle(request: FastifyRequest, status: number, payload?: unknown): void;
  /** Somebody was not let in. Written now and then, and counted otherwise: who is not let in is not to fill the disk. */
  refuse(request: FastifyRequest, failure: Failure): void;
}

/** Whether asking for it leaves an entry. */
export const isAudited = ({ method, isAudited: told }: Operation): boolean =>
  told !== false && method !== 'GET' && method !== 'HEAD';

const MINUTE_MS = 60_000;
/** Refusals that are written in a minute: of one address, and of all. Larger lets an attacker write more; smaller tells less of him. */
const REFUSALS_OF_ONE = 10;
const REFUSALS_OF_ALL = 100;
/** Ids and names of the platform are shorter. */
const TEXT_MAX_LENGTH = 256;

export const makeAuditTrail = ({ audit, logger, nowMs }: AuditTrailDeps): AuditTrail => {
  const begun = new WeakMap<FastifyRequest, string>();
  const ofAll = makeWindow(MINUTE_MS);
  const ofOne = new Map<string, ReturnType<typeof makeWindow>>();
  let unwritten = 0;

  const isWritten = (address: string, now: number): boolean => {
    if (ofAll.total(now) >= REFUSALS_OF_ALL) return false;
    let own = ofOne.get(address);
    if (own === undefined) {
      // Each that is here has taken one of `REFUSALS_OF_ALL`.
      for (const [other, window] of ofOne) if (window.total(now) === 0) ofOne.delete(other);
      ofOne.set(address, (own = makeWindow(MINUTE_MS)));
    }
    if (own.total(now) >= REFUSALS_OF_ONE) return false;
    own.add(1, now);
    ofAll.add(1, now);
    return true;
  };

  const entryOf = (request: FastifyRequest, operation: Operation, caller: Caller | undefined) => {
    const now = nowMs();
    return {
      id: newId(now),
      at: new Date(now).toISOString(),
      operation: operationIdOf(operation),
      caller: caller === undefined ? null : { ...caller, name: clean(caller.name), ...userOf(caller) },
      subject: Object.fromEntries(
        Object.entries(request.params as Record<string, string>).map(([name, value]) => [name, clean(value)]),
      ),
      address: clean(request.ip),
      requestId: request.id,
    };
  };

  return {
    begin: async (request) => {
      const operation = operationOf(request);
      if (operation === undefined || !isAudited(operation)) return;
      const entry = entryOf(request, operation, request.asked.caller);
      await audit.begin({ ...entry, status: null });
      begun.set(request, entry.id);
    },

    settle: (request, status, payload) => {
      const id = begun.get(request);
      if (id === undefined) return;
      begun.delete(request);
      const details = status < 400 ? toldOf(payload) : undefined;
      audit.settle({ id, status, endedAt: new Date(nowMs()).toISOString(), ...(details && { details }) });
    },

    refuse: (request, failure) => {
      const operation = operationOf(request);
      if (operation === undefined || begun.has(request)) return;
      if (!isWritten(addressRange(request.ip), nowMs())) return void unwritten++;
      const { status, code } = failure.toProblem();
      const details = { code, ...(unwritten > 0 && { unwrittenBefore: unwritten }) };
      unwritten = 0;
      audit
        .begin({ ...entryOf(request, operation, request.grant?.caller), status, details })
        .catch((error: unknown) => logger.warn({ err: error }, 'a refused request is not in the audit log'));
    },
  };
};

const userOf = ({ user }: Caller): Pick<Caller, 'user'> =>
  user === undefined ? {} : { user: user === null ? null : clean(user) };

/** Text as Postgres keeps it, whatever a path held. */
const clean = (text: string): string =>
  text
    .slice(0, TEXT_MAX_LENGTH)
    .toWellFormed()
    // A key that somebody took for a part of a path.
    .replace(/ns_([0-9a-f]{32})_[0-9A-Za-z]+/g, 'ns_$1_')
    .replace(/[\u0000-\u001f\u007f]/g, '\ufffd');
