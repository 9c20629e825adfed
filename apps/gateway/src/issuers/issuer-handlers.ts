import {
  compileSchema,
  Failure,
  IssuerBodySchema,
  signals,
  type Issuer,
  type IssuerBody,
  type Page,
  type Violation,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { checked, refusal } from '../door/checked.ts';
import { isTrustedUrl } from './fetch-json.ts';
import type { KnownIssuers } from './known-issuers.ts';

export interface IssuerHandlersDeps {
  ledger: Pick<Ledger, 'issuers'>;
  bus: Pick<Bus, 'send'>;
  issuers: Pick<KnownIssuers, 'forget'>;
  /** For development: issuers on this machine may do without TLS. */
  allowsLoopback: boolean;
}

const checkBody = compileSchema(IssuerBodySchema);

const notFound = (name: string): Failure =>
  new Failure('issuer.not_found', { detail: `There is no issuer "${name.slice(0, 64)}"` });

/** Whose tokens are taken for proof of who a user is; every gateway hears of it. */
export const makeIssuerHandlers = ({ ledger, bus, issuers, allowsLoopback }: IssuerHandlersDeps) => {
  const changed = (issuer: string): void => {
    issuers.forget(issuer);
    bus.send(signals.access, { issuer });
  };
  const violationsOf = (body: IssuerBody): Violation[] =>
    (['issuer', 'jwksUrl'] as const)
      .filter((key) => body[key] !== undefined && !isTrustedUrl(body[key], allowsLoopback))
      .map((key) => ({ pointer: `/${key}`, detail: 'must be an https URL without a password' }));

  return {
    /** Keeps an issuer, or replaces it. @throws Failure `request.invalid`, `issuer.taken` */
    put: async (name: string, input: unknown): Promise<Issuer> => {
      const body = checked(checkBody, input ?? {});
      const violations = violationsOf(body);
      if (violations.length > 0) throw refusal('request.invalid', violations);
      const before = await ledger.issuers.find(name);
      const issuer = await ledger.issuers.put(name, body);
      for (const named of new Set([before?.issuer ?? issuer.issuer, issuer.issuer])) changed(named);
      return issuer;
    },

    list: async (): Promise<Page<Issuer>> => ({ items: await ledger.issuers.list(), nextCursor: null }),

    /** @throws Failure `issuer.not_found` */
    get: async (name: string): Promise<Issuer> => {
      const issuer = await ledger.issuers.find(name);
      if (issuer === undefined) throw notFound(name);
      return issuer;
    },

    /** @throws Failure `issuer.not_found` */
    remove: async (name: string): Promise<void> => {
      const removed = await ledger.issuers.remove(name);
      if (removed === undefined) throw notFound(name);
      changed(removed.issuer);
    },
  };
};

export type IssuerHandlers = ReturnType<typeof makeIssuerHandlers>;
