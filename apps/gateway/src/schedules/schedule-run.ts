import {
  compileSchema,
  durationMs,
  ScheduleBodySchema,
  signals,
  type RunRequested,
  type Schedule,
  type ScheduleBody,
  type Violation,
} from '@nightshift/contracts';
import { newId, type Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { checked, refusal } from '../door/checked.ts';
import type { makeStartRun } from '../runs/start-run.ts';
import type { PublishedWorkflows } from '../workflows/published-workflows.ts';
import { checkParameters } from '../workflows/startable-workflow.ts';

export interface ScheduleRunDeps {
  ledger: Pick<Ledger, 'runs'>;
  bus: Pick<Bus, 'send'>;
  published: PublishedWorkflows;
  startRun: ReturnType<typeof makeStartRun>;
  nowMs: () => number;
}

/** The scheduler reads ahead by itself what is due later than this. */
export const SIGNAL_AHEAD_MS = 5_000;
/** The last moment that JavaScript and Postgres both have a word for, with room to spare. */
const LATEST_MS = Date.UTC(9000, 0);

const checkBody = compileSchema(ScheduleBodySchema);

const dueMs = ({ at, in: delay }: ScheduleBody, nowMs: number): number => {
  const violations: Violation[] = [];
  if ((at === undefined) === (delay === undefined))
    violations.push({ pointer: '', detail: 'must have exactly one of at and in' });
  const due = at !== undefined ? Date.parse(at) : nowMs + durationMs(delay ?? 'PT0S');
  if (Number.isNaN(due) || due > LATEST_MS)
    violations.push({ pointer: at === undefined ? '/in' : '/at', detail: 'is not a moment that can come' });
  if (violations.length > 0) throw refusal('request.invalid', violations);
  return due;
};

/**
 * Schedules one run. A moment that has passed means now. The answer's id is good for reading and cancelling from then on.
 * @throws Failure `request.invalid`, `parameters.invalid`, `workflow.not_found`, `workflow.not_published`, `ledger.unavailable`
 */
export const makeScheduleRun =
  ({ ledger, bus, published, startRun, nowMs }: ScheduleRunDeps) =>
  async (name: string, input: unknown): Promise<Schedule> => {
    const body = checked(checkBody, input ?? {});
    const now = nowMs();
    const due = dueMs(body, now);
    const workflow = published.get(name) ?? (await published.load(name));
    const parameters = checkParameters(workflow, body.parameters ?? {}, '/parameters');
    const dueAt = new Date(due).toISOString();
    const cause = { kind: 'schedule' as const, dueAt };
    if (due <= now) {
      const { runId } = await startRun({ workflow, parameters, cause, waitMs: undefined });
      return { scheduleId: runId, runId, dueAt };
    }

    const runId = newId(now);
    const requested: RunRequested = {
      workflow: workflow.name,
      workflowVersion: workflow.version,
      parameters,
      cause,
      chainId: runId,
      iteration: 1,
      depth: 0,
      dueAt,
      ...(body.version === 'latest' && { version: body.version }),
    };
    await ledger.runs.request({ runId, at: new Date(now).toISOString(), requested });
    if (due - now <= SIGNAL_AHEAD_MS) bus.send(signals.timers, { dueAt });
    return { scheduleId: runId, runId, dueAt };
  };
