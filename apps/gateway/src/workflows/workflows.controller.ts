import { Controller, Get, HttpCode, Inject, Post, Put, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import type { Page, WorkflowInfo } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readWorkflowName } from '../door/read-names.ts';
import type { RouteRules } from '../door/route-rules.ts';
import { WORKFLOWS } from '../tokens.ts';
import type { WorkflowHandlers } from './workflow-handlers.ts';

const document: RouteRules = { bodies: ['yaml'] };

@Controller('v1/workflows')
export class WorkflowsController {
  readonly #workflows: WorkflowHandlers;

  constructor(@Inject(WORKFLOWS) workflows: WorkflowHandlers) {
    this.#workflows = workflows;
  }

  @Put(':name')
  @RouteConfig(document)
  save(@Req() { params, body }: HttpRequest): Promise<WorkflowInfo> {
    return this.#workflows.saveDraft({ name: readWorkflowName(params['name']!), body });
  }

  @Post(':name/publish')
  @HttpCode(200)
  publish(@Req() { params }: HttpRequest): Promise<WorkflowInfo> {
    return this.#workflows.publish(readWorkflowName(params['name']!));
  }

  @Get()
  list(): Promise<Page<WorkflowInfo>> {
    return this.#workflows.list();
  }

  @Get(':name')
  get(@Req() { params }: HttpRequest): Promise<WorkflowInfo> {
    return this.#workflows.get(readWorkflowName(params['name']!));
  }
}
