import { Module, type DynamicModule } from '@nestjs/common';
import { AuditController } from './audit/audit.controller.ts';
import { ChainsController } from './chains/chains.controller.ts';
import { DeadLettersController } from './dead-letters/dead-letters.controller.ts';
import { DetectionController } from './endpoints/detect/detection.controller.ts';
import { EndpointsController } from './endpoints/endpoints.controller.ts';
import { EvaluationsController } from './evaluations/evaluations.controller.ts';
import { EventSourcesController } from './event-sources/event-sources.controller.ts';
import { EventsController } from './events/events.controller.ts';
import { PublicEventsController } from './events/public-events.controller.ts';
import { FilesController } from './files/files.controller.ts';
import { PublicFilesController } from './files/public-files.controller.ts';
import { FlowController } from './flow/flow.controller.ts';
import { makeHandlers, type GatewayDeps } from './handlers.ts';
import { ImportsController } from './imports/imports.controller.ts';
import { IssuersController } from './issuers/issuers.controller.ts';
import { KeysController } from './keys/keys.controller.ts';
import { ListControlController } from './lists/list-control.controller.ts';
import { ListsController } from './lists/lists.controller.ts';
import { MailboxController } from './mailbox/mailbox.controller.ts';
import { OpenApiController } from './openapi/openapi.controller.ts';
import { OutsideEventsController } from './outside-events/outside-events.controller.ts';
import { ProgressController } from './progress/progress.controller.ts';
import { PublicProgressController } from './progress/public-progress.controller.ts';
import { ReceivedEventsController } from './received-events/received-events.controller.ts';
import { RecurrencesController } from './recurrences/recurrences.controller.ts';
import { RunControlController } from './runs/run-control.controller.ts';
import { RunsController } from './runs/runs.controller.ts';
import { SchedulesController } from './schedules/schedules.controller.ts';
import { SecretsController } from './secrets/secrets.controller.ts';
import { BulkThingsController } from './things/bulk-things.controller.ts';
import { ThingsController } from './things/things.controller.ts';
import { WebhooksController } from './webhooks/webhooks.controller.ts';
import {
  AUDIT,
  BULK_THINGS,
  CHAINS,
  CLOSER,
  DEAD_LETTERS,
  DOCS_PAGE,
  ENDPOINTS,
  EVALUATIONS,
  EVENT_SOURCES,
  EVENTS,
  EXPORT_THINGS,
  FILES,
  FLOWS,
  IMPORTS,
  ISSUERS,
  KEYS,
  LISTS,
  MAILBOX,
  OPENAPI,
  OUTSIDE_EVENTS,
  PROGRESS,
  RECEIVED_EVENTS,
  RECURRENCES,
  RUNS,
  SCHEDULES,
  SECRETS,
  THINGS,
  CHANGES,
  TYPES,
  WEBHOOKS,
  WORKFLOWS,
} from './tokens.ts';
import { ChangesController } from './changes/changes.controller.ts';
import { TypesController } from './types/types.controller.ts';
import { WhoamiController } from './whoami/whoami.controller.ts';
import { WorkflowsController } from './workflows/workflows.controller.ts';

@Module({})
class GatewayModule {}

/** The door's parts: a controller for each kind of thing behind it, and the handlers that they pass requests to. */
export const makeGatewayModule = (deps: GatewayDeps): DynamicModule => {
  const handlers = makeHandlers(deps);
  return {
    module: GatewayModule,
    controllers: [
      RunsController,
      RunControlController,
      DetectionController,
      EndpointsController,
      WorkflowsController,
      SchedulesController,
      ListsController,
      ListControlController,
      RecurrencesController,
      FlowController,
      EvaluationsController,
      ProgressController,
      PublicProgressController,
      ChainsController,
      EventsController,
      PublicEventsController,
      OutsideEventsController,
      EventSourcesController,
      ReceivedEventsController,
      WebhooksController,
      ChangesController,
      TypesController,
      ImportsController,
      BulkThingsController,
      ThingsController,
      FilesController,
      PublicFilesController,
      AuditController,
      KeysController,
      IssuersController,
      SecretsController,
      MailboxController,
      DeadLettersController,
      OpenApiController,
      WhoamiController,
    ],
    providers: [
      { provide: RUNS, useValue: handlers.runs },
      { provide: ENDPOINTS, useValue: handlers.endpoints },
      { provide: WORKFLOWS, useValue: handlers.workflows },
      { provide: SCHEDULES, useValue: handlers.schedules },
      { provide: LISTS, useValue: handlers.lists },
      { provide: RECURRENCES, useValue: handlers.recurrences },
      { provide: FLOWS, useValue: handlers.flows },
      { provide: EVALUATIONS, useValue: handlers.evaluations },
      { provide: CHAINS, useValue: handlers.chains },
      { provide: PROGRESS, useValue: handlers.progress },
      { provide: EVENTS, useValue: handlers.events },
      { provide: EVENT_SOURCES, useValue: handlers.eventSources },
      { provide: OUTSIDE_EVENTS, useValue: handlers.receiveEvents },
      { provide: ISSUERS, useValue: handlers.issuers },
      { provide: AUDIT, useValue: handlers.audit },
      { provide: KEYS, useValue: handlers.keys },
      { provide: RECEIVED_EVENTS, useValue: handlers.receivedEvents },
      { provide: WEBHOOKS, useValue: handlers.webhooks },
      { provide: SECRETS, useValue: handlers.secrets },
      { provide: MAILBOX, useValue: handlers.mailbox },
      { provide: DEAD_LETTERS, useValue: handlers.deadLetters },
      { provide: CHANGES, useValue: handlers.changes },
      { provide: TYPES, useValue: handlers.types },
      { provide: BULK_THINGS, useValue: handlers.bulkThings },
      { provide: EXPORT_THINGS, useValue: handlers.exportThings },
      { provide: IMPORTS, useValue: handlers.imports },
      { provide: THINGS, useValue: handlers.things },
      { provide: FILES, useValue: handlers.files },
      { provide: OPENAPI, useValue: handlers.openApi },
      { provide: DOCS_PAGE, useValue: handlers.docsPage },
      { provide: CLOSER, useValue: { onModuleDestroy: handlers.close } },
    ],
  };
};
