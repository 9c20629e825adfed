import { Controller, Get, HttpCode, Inject, Post, Put, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import {
  compileSchema,
  Failure,
  PublishQuerySchema,
  type Page,
  type SavedWorkflow,
  type WorkflowCheck,
  type WorkflowDetail,
  type WorkflowInfo,
  type WorkflowVersionInfo,
} from '@nightshift/contracts';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { HttpRequest } from '../door/http-request.ts';
import { readWorkflowName } from '../door/read-names.ts';
import type { RouteRules } from '../door/route-rules.ts';
import { WORKFLOWS } from '../tokens.ts';
import type { WorkflowHandlers } from './workflow-handlers.ts';

const document: RouteRules = { bodies: ['yaml'] };

const checkPublishQuery = compileSchema(PublishQuerySchema);

const readIsForced = ({ query }: HttpRequest): boolean =>
  checked(checkPublishQuery, coerceQuery(query, PublishQuerySchema)).force ?? false;

/** @throws Failure `workflow.not_found`: versions are numbered from 1 */
const readVersion = (text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new Failure('workflow.not_found', { detail: `"${text.slice(0, 64)}" is not a version's number` });
};

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
  publish(@Req() request: HttpRequest): Promise<WorkflowInfo> {
    const { params, body } = request;
    return this.#workflows.publish({
      name: readWorkflowName(params['name']!),
      body,
      isForced: readIsForced(request),
    });
  }

  @Post(':name/rollback')
  @HttpCode(200)
  rollBack(@Req() request: HttpRequest): Promise<WorkflowInfo> {
    return this.#workflows.rollBack({
      name: readWorkflowName(request.params['name']!),
      isForced: readIsForced(request),
    });
  }

  @Post(':name/check')
  @HttpCode(200)
  @RouteConfig(document)
  check(@Req() { params, body }: HttpRequest): Promise<WorkflowCheck> {
    return this.#workflows.check({ name: readWorkflowName(params['name']!), body });
  }

  @Get()
  list(): Promise<Page<WorkflowInfo>> {
    return this.#workflows.list();
  }

  @Get(':name')
  get(@Req() { params }: HttpRequest): Promise<WorkflowDetail> {
    return this.#workflows.get(readWorkflowName(params['name']!));
  }

  @Get(':name/versions')
  versions(@Req() { params }: HttpRequest): Promise<Page<WorkflowVersionInfo>> {
    return this.#workflows.versions(readWorkflowName(params['name']!));
  }

  @Get(':name/versions/:version')
  version(@Req() { params }: HttpRequest): Promise<SavedWorkflow> {
    return this.#workflows.version(readWorkflowName(params['name']!), readVersion(params['version']!));
  }
}
