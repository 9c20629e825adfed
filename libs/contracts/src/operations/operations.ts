import { auditOperations } from './audit.ts';
import { accessOperations } from './access.ts';
import { definitionOperations } from './definitions.ts';
import { endpointCallOperations } from './endpoint-calls.ts';
import { endpointOperations } from './endpoints.ts';
import { evaluationOperations } from './evaluations.ts';
import { eventOperations } from './events.ts';
import { fileOperations } from './files.ts';
import { flowOperations } from './flows.ts';
import { keptOperations } from './kept.ts';
import { listOperations } from './lists.ts';
import { liveEventOperations } from './live-events.ts';
import type { Operation } from './operation.ts';
import { platformOperations } from './platform.ts';
import { progressOperations } from './progress.ts';
import { recurrenceOperations } from './recurrences.ts';
import { runOperations } from './runs.ts';
import { scheduleOperations } from './schedules.ts';
import { thingOperations } from './things.ts';
import { typeOperations } from './types.ts';
import { webhookOperations } from './webhooks.ts';
import { workflowOperations } from './workflows.ts';

/**
 * Everything that can be asked for at the door, and who may. The gateway lets nobody pass to a route that is not here; what it says of
 * itself as OpenAPI is made from this.
 */
export const operations = {
  ...workflowOperations,
  ...runOperations,
  ...scheduleOperations,
  ...listOperations,
  ...recurrenceOperations,
  ...flowOperations,
  ...evaluationOperations,
  ...progressOperations,
  ...eventOperations,
  ...liveEventOperations,
  ...typeOperations,
  ...thingOperations,
  ...fileOperations,
  ...keptOperations,
  ...endpointOperations,
  ...auditOperations,
  ...accessOperations,
  ...endpointCallOperations,
  ...platformOperations,
  ...definitionOperations,
  ...webhookOperations,
} satisfies Record<string, Operation>;

/** As in the client: `runs.cancel`. */
export type OperationId = keyof typeof operations;
