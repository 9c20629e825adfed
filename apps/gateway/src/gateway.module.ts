import { Module, type DynamicModule } from '@nestjs/common';
import { EndpointsController } from './endpoints/endpoints.controller.ts';
import { EventsController } from './events/events.controller.ts';
import { makeHandlers, type GatewayDeps } from './handlers.ts';
import { ListsController } from './lists/lists.controller.ts';
import { OpenApiController } from './openapi/openapi.controller.ts';
import { ProgressController } from './progress/progress.controller.ts';
import { RecurrencesController } from './recurrences/recurrences.controller.ts';
import { RunsController } from './runs/runs.controller.ts';
import { SchedulesController } from './schedules/schedules.controller.ts';
import { ThingsController } from './things/things.controller.ts';
import {
  CLOSER,
  ENDPOINTS,
  EVENTS,
  LISTS,
  OPENAPI,
  PROGRESS,
  RECURRENCES,
  RUNS,
  SCHEDULES,
  THINGS,
  TYPES,
  WORKFLOWS,
} from './tokens.ts';
import { TypesController } from './types/types.controller.ts';
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
      EndpointsController,
      WorkflowsController,
      SchedulesController,
      ListsController,
      RecurrencesController,
      ProgressController,
      EventsController,
      TypesController,
      ThingsController,
      OpenApiController,
    ],
    providers: [
      { provide: RUNS, useValue: handlers.runs },
      { provide: ENDPOINTS, useValue: handlers.callEndpoint },
      { provide: WORKFLOWS, useValue: handlers.workflows },
      { provide: SCHEDULES, useValue: handlers.schedules },
      { provide: LISTS, useValue: handlers.lists },
      { provide: RECURRENCES, useValue: handlers.recurrences },
      { provide: PROGRESS, useValue: handlers.progress },
      { provide: EVENTS, useValue: handlers.events },
      { provide: TYPES, useValue: handlers.types },
      { provide: THINGS, useValue: handlers.things },
      { provide: OPENAPI, useValue: handlers.openApi },
      { provide: CLOSER, useValue: { onModuleDestroy: handlers.close } },
    ],
  };
};
