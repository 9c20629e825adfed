import { compileUserSchema, Failure, signals, type Check } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { compileWorkflow, guardsOf, type Guards, type Plan, type WorkflowDocument } from '@nightshift/workflow-core';

/** One version of a workflow, ready to be executed. */
export interface Definition {
  version: number;
  plan: Plan;
  /** Checks parameters and fills in their defaults. */
  checkParameters: Check<unknown>;
  /** Checks what a run returns; absent: it may return anything. */
  checkResult?: Check<unknown>;
  guards: Guards;
  /** Its runs are not bound by the privacy rules of the user that they act as. */
  ignoresPrivacy: boolean;
}

export interface Definitions {
  /** A version that some run was admitted with. @throws Failure `workflow.not_found` */
  version(workflow: string, version: number): Promise<Definition>;
  /** The version that a start gets now. @throws Failure `workflow.not_found`, `workflow.not_published` */
  published(workflow: string): Promise<Definition>;
}

/** A version never changes, so compiled ones are kept; beyond this many the one that was compiled first goes. */
const KEPT_VERSIONS = 1_000;

/** How long a publication that nobody told us of can go unnoticed. */
const PUBLISHED_MAX_AGE_MS = 5_000;

export const makeDefinitions = ({ ledger, bus }: { ledger: Ledger; bus: Bus }): Definitions => {
  const versions = new Map<string, Promise<Definition>>();
  const published = new Map<string, { version: Promise<number>; readAt: number }>();
  bus.subscribe(signals.workflows, () => published.clear());

  const load = async (workflow: string, version: number): Promise<Definition> => {
    const found = await ledger.workflows.version(workflow, version);
    if (!found) throw new Failure('workflow.not_found', { detail: `There is no version ${version} of "${workflow}"` });
    const document = found.document as WorkflowDocument;
    return {
      version,
      plan: compileWorkflow(document),
      checkParameters: compileUserSchema(document.parameters ?? { type: 'object' }),
      ...(document.returns && { checkResult: compileUserSchema(document.returns) }),
      guards: guardsOf(document),
      ignoresPrivacy: document.ignorePrivacy === true,
    };
  };

  const readPublished = async (workflow: string): Promise<number> => {
    const info = await ledger.workflows.find(workflow);
    if (!info) throw new Failure('workflow.not_found', { detail: `There is no workflow "${workflow}"` });
    if (info.publishedVersion === null) {
      throw new Failure('workflow.not_published', { detail: `"${workflow}" has not been published` });
    }
    return info.publishedVersion;
  };

  const remember = <Key, Value>(map: Map<Key, Value>, key: Key, value: Value, settled: Promise<unknown>): Value => {
    map.set(key, value);
    settled.catch(() => map.delete(key));
    return value;
  };

  const version: Definitions['version'] = (workflow, number) => {
    const key = `${workflow}@${number}`;
    const known = versions.get(key);
    if (known) return known;
    if (versions.size >= KEPT_VERSIONS) versions.delete(versions.keys().next().value!);
    const loading = load(workflow, number);
    return remember(versions, key, loading, loading);
  };

  return {
    version,
    published: async (workflow) => {
      const known = published.get(workflow);
      if (known && performance.now() - known.readAt < PUBLISHED_MAX_AGE_MS)
        return version(workflow, await known.version);
      const reading = readPublished(workflow);
      remember(published, workflow, { version: reading, readAt: performance.now() }, reading);
      return version(workflow, await reading);
    },
  };
};
