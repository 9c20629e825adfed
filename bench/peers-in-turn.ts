import { peers } from './peers/all.ts';
import { installPeers } from './peers/install.ts';
import { measurePeer } from './peers/measure-peer.ts';
import { startOwnPostgres } from './peers/postgres.ts';
import { say, sayEndpoint } from './report/print.ts';
import type { PeerRounds } from './report/report.ts';

export interface PeersInTurn {
  /** One round of every peer, one after the other, each alone on the machine. */
  measureRound(): Promise<void>;
  readonly rounds: PeerRounds[];
}

export interface PeersInTurnOptions {
  seconds: number;
  warmupSeconds: number;
  signal: AbortSignal;
}

/** Installs the peers if they are not. Their Postgres runs during their rounds only, so that nothing of theirs is awake in ours. */
export const openPeers = async ({ signal, ...times }: PeersInTurnOptions): Promise<PeersInTurn> => {
  say('installing the other engines, if they are not: 250 MB');
  await installPeers();
  const rounds = peers.map(({ name, version, kind, settings }): PeerRounds => ({
    name,
    version,
    kind,
    settings,
    rounds: [],
  }));
  return {
    rounds,
    measureRound: async () => {
      const postgres = await startOwnPostgres();
      try {
        for (const [index, peer] of peers.entries()) {
          const figures = await measurePeer(peer, { postgresUrl: postgres.url, concurrency: 100, signal, ...times });
          rounds[index]!.rounds.push(figures);
          sayEndpoint(peer.name, figures);
        }
      } finally {
        await postgres.stop();
      }
    },
  };
};
