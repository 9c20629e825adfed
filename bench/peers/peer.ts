import packageJson from './package.json' with { type: 'json' };

export interface PeerEnvironment {
  /** An empty Postgres database for this engine alone. Restate keeps its own storage and does not connect. */
  databaseUrl: string;
  /** An existing, empty directory for the engine's data and its log; whoever made it removes it. */
  directory: string;
  /** Where callers are answered, on loopback. A free port when absent. */
  port?: number;
}

export interface RunningPeer {
  /** One POST here is one run: answered with 200 and the result, as JSON, when the run has ended. */
  url: string;
  /** Resolves when every process of the engine is gone, in 15 s at most; a second call waits for the first. */
  stop: () => Promise<void>;
}

/** An engine that Nightshift is measured against, configured as its authors recommend for throughput. */
export interface Peer {
  name: string;
  /** As pinned in this package, so known without installing it. */
  version: string;
  /** A queue keeps no step results: its figures are a ceiling, not a comparison. */
  kind: 'workflow' | 'queue';
  /** What one run does, for the report. */
  work: string;
  /** What differs from the engine's defaults, or was weighed and left at them, and why; for the report. */
  settings: Record<string, string>;
  /** Resolves when the engine has answered its first run; rejects, leaving no process, if it cannot in 60 s. */
  start: (environment: PeerEnvironment) => Promise<RunningPeer>;
}

export const pinnedVersion = (dependency: keyof typeof packageJson.dependencies): string =>
  packageJson.dependencies[dependency];
