import { actorOf, asFailure, type Flow, type RunRequested } from '@nightshift/contracts';
import { derivedId, idTimeMs, type AdmissionRules } from '@nightshift/ledger';
import { compileFlow, type CompiledFlow } from '@nightshift/workflow-core';
import { randomUUID } from 'node:crypto';

/** Flows that are kept compiled; the one that was compiled first goes. */
const KEPT_FLOWS = 1_000;

/** How runs are given their places, by the flows of their workflows. */
export const makeAdmissionRules = (): AdmissionRules => {
  const compiled = new Map<string, CompiledFlow>();

  const compile = (flow: Flow): CompiledFlow => {
    const text = JSON.stringify(flow);
    const known = compiled.get(text);
    if (known) return known;
    if (compiled.size >= KEPT_FLOWS) compiled.delete(compiled.keys().next().value!);
    const fresh = compileFlow(flow);
    compiled.set(text, fresh);
    return fresh;
  };

  return {
    compile,

    placeOf: async (flow, { parameters, item, trigger, requestedBy }) => {
      try {
        const place = await flow.placeOf(
          { parameters, item, trigger },
          { now: new Date(), random: Math.random, uuid: randomUUID },
        );
        const actor = actorOf(requestedBy?.user);
        // A batch acts as one user, so only starts of the same are gathered.
        return flow.batch && actor !== undefined ? { ...place, key: `${place.key}/${actor}` } : place;
      } catch (error) {
        return { ending: { type: 'RunFailed', data: { problem: asFailure(error).toProblem() } } };
      }
    },

    gather: ({ runId: firstId, requested: first }, batch, at) => {
      const runId = derivedId(idTimeMs(firstId), 'batch', firstId);
      const requested: RunRequested = {
        workflow: first.workflow,
        workflowVersion: first.workflowVersion,
        ...(first.version && { version: first.version }),
        parameters: first.parameters,
        cause: { kind: 'batch', size: batch.length },
        chainId: runId,
        iteration: 1,
        depth: first.depth,
        batch,
        ...(first.requestedBy?.user !== undefined && { requestedBy: first.requestedBy }),
      };
      return { runId, at: at.toISOString(), requested };
    },
  };
};
