import {
  compileSchema,
  durationMs,
  EvaluationsQuerySchema,
  Failure,
  RecordEvaluationsSchema,
  type EvaluationRecordView,
  type EvaluationsView,
} from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { checked, refusal } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { HttpRequest } from '../door/http-request.ts';

const checkQuery = compileSchema(EvaluationsQuerySchema);
const checkBody = compileSchema(RecordEvaluationsSchema);

const LIMIT_DEFAULT = 50;
const MOST_DEFAULT = 1_000;
/** They hold what things were: nobody is to forget them for good. */
const LONGEST_MS = 7 * 24 * 60 * 60_000;

export interface EvaluationHandlersDeps {
  ledger: Pick<Ledger, 'evaluations' | 'workflows'>;
  nowMs: () => number;
}

/** What a workflow's change triggers decided, and why, where somebody has asked for it to be recorded. */
export const makeEvaluationHandlers = ({ ledger, nowMs }: EvaluationHandlersDeps) => {
  const assertWorkflow = async (workflow: string): Promise<void> => {
    if ((await ledger.workflows.find(workflow)) !== undefined) return;
    throw new Failure('workflow.not_found', { detail: `There is no workflow "${workflow}"` });
  };

  return {
    /** Newest first. @throws Failure `workflow.not_found`, `request.invalid` */
    list: async (workflow: string, query: HttpRequest['query']): Promise<EvaluationsView> => {
      const {
        outcome,
        thing,
        limit = LIMIT_DEFAULT,
        cursor,
      } = checked(checkQuery, coerceQuery(query, EvaluationsQuerySchema));
      await assertWorkflow(workflow);
      const [recording, page] = await Promise.all([
        ledger.evaluations.find(workflow),
        ledger.evaluations.list(workflow, { outcome, thingId: thing }, limit, cursor),
      ]);
      return { recording: recording ?? null, ...page };
    },

    /** Every decision about a change that is committed after the answer is recorded. @throws Failure `workflow.not_found`, `request.invalid` */
    record: async (workflow: string, body: unknown): Promise<EvaluationRecordView> => {
      const { for: period, most = MOST_DEFAULT } = checked(checkBody, body ?? {});
      const periodMs = durationMs(period);
      if (periodMs <= 0 || periodMs > LONGEST_MS)
        throw refusal('request.invalid', [
          { pointer: '/for', detail: 'must be more than nothing and at most seven days' },
        ]);
      await assertWorkflow(workflow);
      await ledger.evaluations.record(workflow, new Date(nowMs() + periodMs), most);
      const recorded = await ledger.evaluations.find(workflow);
      return recorded ?? { since: new Date(nowMs()).toISOString(), until: new Date(nowMs()).toISOString(), most };
    },

    /** Records no more, and forgets what was recorded. @throws Failure `workflow.not_found` */
    stop: async (workflow: string): Promise<void> => {
      await assertWorkflow(workflow);
      await ledger.evaluations.stop(workflow);
    },
  };
};

export type EvaluationHandlers = ReturnType<typeof makeEvaluationHandlers>;
