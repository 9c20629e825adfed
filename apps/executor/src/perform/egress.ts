import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Failure } from '@nightshift/contracts';
import ipaddr from 'ipaddr.js';
import { Agent, buildConnector } from 'undici';

/**
 * The way out of the cluster for workflows' HTTP calls. Addresses that are not public (loopback, private networks, link-local
 * with its cloud metadata, and the rest) are refused when the connection is made, after names are resolved and for each
 * redirect, so that no name can point inside. `allow` lists exceptions as `host` or `host:port`.
 */
export const makeEgress = (allow: readonly string[]): Agent => {
  const allowed = new Set(allow);
  const isAllowed = (host: string, port: string): boolean => allowed.has(host) || allowed.has(`${host}:${port}`);

  const guarded = buildConnector({ lookup: lookupPublic, timeout: CONNECT_TIMEOUT_MS });
  const unguarded = buildConnector({ timeout: CONNECT_TIMEOUT_MS });
  return new Agent({
    // Every call has a time limit of its own, which may be longer than undici's.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      const host = options.hostname.replace(/^\[|\]$/g, '');
      if (isAllowed(host, options.port || (options.protocol === 'https:' ? '443' : '80')))
        return unguarded(options, callback);
      // A literal address is connected to without a lookup.
      if (ipaddr.isValid(host) && !isPublic(host)) return callback(refusal(host), null);
      return guarded(options, callback);
    },
  });
};

const CONNECT_TIMEOUT_MS = 10_000;

const isPublic = (address: string): boolean => ipaddr.process(address).range() === 'unicast';

const refusal = (host: string): Failure =>
  new Failure('http.refused', {
    detail: `${host} is not a public address. Whoever runs Nightshift can allow it with NIGHTSHIFT_EGRESS_ALLOW`,
  });

const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '');
    const inside = addresses.find(({ address }) => !isPublic(address));
    if (inside) return callback(refusal(hostname), '');
    const first = addresses[0]!;
    return options.all ? callback(null, addresses) : callback(null, first.address, first.family);
  });
};
