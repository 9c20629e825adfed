import { Failure, signals } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { makeStartable, type StartableWorkflow } from './startable-workflow.ts';

/**
 * How long a definition is used without asking the ledger. Longer, and a publication whose signal was lost takes as long to be
 * noticed; shorter, and every start of a busy workflow pays for more reads.
 */
const AGE_LIMIT_MS = 5_000;

/**
 * The published version of each workflow that runs were started of, with its parameters' check compiled. An entry is fresh until a
 * publication is heard of, the connection was lost (a signal may have been, too) or it is 5 s old; then the ledger is asked, and the
 * compiled check is kept if the version is still the same.
 */
export interface PublishedWorkflows {
  /** The definition if it is known to be current: the hot path, without a promise. */
  get(name: string): StartableWorkflow | undefined;
  /** @throws Failure `workflow.not_found`, `workflow.not_published` */
  load(name: string): Promise<StartableWorkflow>;
  /** The newest saved version, published or not. @throws Failure `workflow.not_found` */
  loadNewest(name: string): Promise<StartableWorkflow>;
  /** One saved version, published or not. @throws Failure `workflow.not_found` */
  loadVersion(name: string, version: number): Promise<StartableWorkflow>;
  /** The version was published just now. */
  forget(name: string): void;
  close(): void;
}

interface Entry {
  workflow: StartableWorkflow;
  readAtMs: number;
  isStale: boolean;
}

interface PublishedWorkflowsDeps {
  ledger: Pick<Ledger, 'workflows'>;
  bus: Pick<Bus, 'subscribe' | 'onReconnect'>;
  nowMs: () => number;
}

export const makePublishedWorkflows = ({ ledger, bus, nowMs }: PublishedWorkflowsDeps): PublishedWorkflows => {
  const entries = new Map<string, Entry>();
  const loading = new Map<string, Promise<StartableWorkflow>>();

  const forget = (name: string): void => {
    const entry = entries.get(name);
    if (entry !== undefined) entry.isStale = true;
    // What is being read now may have been read before the publication.
    loading.delete(name);
  };
  const forgetAll = (): void => {
    for (const entry of entries.values()) entry.isStale = true;
    loading.clear();
  };

  const readVersion = async (name: string, number: number): Promise<StartableWorkflow> => {
    const version = await ledger.workflows.version(name, number);
    if (version !== undefined) return makeStartable(version);
    throw new Failure('workflow.not_found', { detail: `Workflow "${name}" has no version ${number}` });
  };

  const read = async (name: string, pick: 'published' | 'newest'): Promise<StartableWorkflow> => {
    const info = await ledger.workflows.find(name);
    if (info === undefined) throw new Failure('workflow.not_found', { detail: `There is no workflow "${name}"` });
    const number = pick === 'published' ? info.publishedVersion : info.version;
    if (number === null)
      throw new Failure('workflow.not_published', { detail: `Workflow "${name}" is a draft: publish it first` });
    const known = entries.get(name)?.workflow;
    // Only a published version never changes.
    if (pick === 'published' && known?.version === number) return known;
    return readVersion(name, number);
  };

  const load = (name: string): Promise<StartableWorkflow> => {
    const under = loading.get(name);
    if (under !== undefined) return under;
    const readAtMs = nowMs();
    const promise: Promise<StartableWorkflow> = read(name, 'published').then(
      (workflow) => {
        if (loading.get(name) === promise) {
          loading.delete(name);
          entries.set(name, { workflow, readAtMs, isStale: false });
        }
        return workflow;
      },
      (error: unknown) => {
        if (loading.get(name) === promise) loading.delete(name);
        throw error;
      },
    );
    loading.set(name, promise);
    return promise;
  };

  const listening = bus.subscribe(signals.workflows, (body) => {
    const { workflow } = (body ?? {}) as { workflow?: unknown };
    if (typeof workflow === 'string') forget(workflow);
    else forgetAll();
  });
  const stopReconnect = bus.onReconnect(forgetAll);

  return {
    get: (name) => {
      const entry = entries.get(name);
      return entry !== undefined && !entry.isStale && nowMs() - entry.readAtMs < AGE_LIMIT_MS
        ? entry.workflow
        : undefined;
    },
    load,
    loadNewest: (name) => read(name, 'newest'),
    loadVersion: readVersion,
    forget,
    close: () => {
      listening.close();
      stopReconnect();
    },
  };
};
