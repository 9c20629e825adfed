import { compileSchema, Failure, PublishBodySchema, signals, type WorkflowInfo } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { guardsOf } from '@nightshift/workflow-core';
import { isDeepStrictEqual } from 'node:util';
import { checked, refusal } from '../door/checked.ts';
import type { AnnounceControl } from '../runs/announce-control.ts';
import { makeFindBreakages } from './find-breakages.ts';
import type { PublishedWorkflows } from './published-workflows.ts';
import type { StartableWorkflow } from './startable-workflow.ts';

export interface PublishWorkflowDeps {
  ledger: Pick<Ledger, 'workflows' | 'control'>;
  bus: Pick<Bus, 'send'>;
  published: Pick<PublishedWorkflows, 'forget' | 'loadVersion'>;
  announceControl: AnnounceControl;
}

export interface PublishWorkflow {
  name: string;
  body: unknown;
  /** Publishes even what breaks something. */
  isForced: boolean;
}

const ERRORS_MAX = 100;

const checkBody = compileSchema(PublishBodySchema);

/** A workflow's guards by the names that runs are held under. */
const limitsOf = ({ document }: StartableWorkflow): Record<string, number | null> => {
  const { durationMs, ...limits } = guardsOf(document);
  return { ...limits, duration: durationMs };
};

export const makePublishWorkflow = ({ ledger, bus, published, announceControl }: PublishWorkflowDeps) => {
  const findBreakages = makeFindBreakages({ ledger });

  const find = async (name: string): Promise<WorkflowInfo> => {
    const info = await ledger.workflows.find(name);
    if (info === undefined) throw new Failure('workflow.not_found', { detail: `There is no workflow "${name}"` });
    return info;
  };

  const assertNotInUse = async (next: StartableWorkflow, publishedVersion: number | null): Promise<void> => {
    const present = publishedVersion === null ? undefined : await published.loadVersion(next.name, publishedVersion);
    // What fits the parameters now fits them then.
    if (present !== undefined && isDeepStrictEqual(present.document.parameters, next.document.parameters)) return;
    const breakages = await findBreakages(next, ERRORS_MAX);
    if (breakages.length > 0) throw refusal('workflow.in_use', breakages);
  };

  /** Publishes one version, tells everybody, and lets runs go on that only the former version's guards held. */
  const publishVersion = async (
    { name, publishedVersion }: WorkflowInfo,
    version: number,
    isForced: boolean,
  ): Promise<WorkflowInfo> => {
    const next = await published.loadVersion(name, version);
    if (!isForced) await assertNotInUse(next, publishedVersion);
    const info = await ledger.workflows.publish(name, version);
    published.forget(name);
    bus.send(signals.workflows, { workflow: name });
    announceControl(await ledger.control.resumeGuarded(name, limitsOf(next)));
    return info;
  };

  return {
    /**
     * Publishes the newest version, or the one that the body names.
     * @throws Failure `workflow.not_found`, `request.invalid`, `workflow.in_use` naming what would break, unless it is forced
     */
    publish: async ({ name, body, isForced }: PublishWorkflow): Promise<WorkflowInfo> => {
      const { version } = checked(checkBody, body ?? {});
      const info = await find(name);
      return publishVersion(info, version ?? info.version, isForced);
    },

    /**
     * Publishes the version that was published before the present one, for the first time each: rolling back twice goes back by two.
     * @throws Failure `workflow.not_found`, `workflow.not_published` if there is none, `workflow.in_use` unless it is forced
     */
    rollBack: async ({ name, isForced }: Omit<PublishWorkflow, 'body'>): Promise<WorkflowInfo> => {
      const [info, versions] = await Promise.all([find(name), ledger.workflows.versions(name)]);
      const present = versions.find(({ published: isPublished }) => isPublished)?.publishedAt;
      const earlier = versions
        .filter(({ publishedAt }) => publishedAt !== null && present != null && publishedAt < present)
        .sort((one, other) => (one.publishedAt! < other.publishedAt! ? 1 : -1));
      const [previous] = earlier;
      if (previous !== undefined) return publishVersion(info, previous.version, isForced);
      throw new Failure('workflow.not_published', { detail: `No other version of "${name}" was published before` });
    },
  };
};
