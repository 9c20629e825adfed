import { Controller, Delete, Get, HttpCode, Inject, Post, Put, Req } from '@nestjs/common';
import type { FlowSetting, FlowView, HoldView, Page } from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readWorkflowName } from '../door/read-names.ts';
import { FLOWS } from '../tokens.ts';
import type { FlowHandlers } from './flow-handlers.ts';

@Controller('v1')
export class FlowController {
  readonly #flows: FlowHandlers;

  constructor(@Inject(FLOWS) flows: FlowHandlers) {
    this.#flows = flows;
  }

  @Get('workflows/:name/flow')
  get(@Req() { params }: HttpRequest): Promise<FlowView> {
    return this.#flows.get(readWorkflowName(params['name']!));
  }

  @Put('workflows/:name/flow')
  put(@Req() { params, body }: HttpRequest): Promise<FlowView> {
    return this.#flows.put(readWorkflowName(params['name']!), body);
  }

  @Delete('workflows/:name/flow')
  @HttpCode(204)
  remove(@Req() { params }: HttpRequest): Promise<void> {
    return this.#flows.remove(readWorkflowName(params['name']!));
  }

  @Post('workflows/:name/pause')
  @HttpCode(200)
  pauseWorkflow(@Req() { params, body }: HttpRequest): Promise<FlowView> {
    return this.#flows.pauseWorkflow(readWorkflowName(params['name']!), body);
  }

  @Post('workflows/:name/resume')
  @HttpCode(200)
  resumeWorkflow(@Req() { params, body }: HttpRequest): Promise<FlowView> {
    return this.#flows.resumeWorkflow(readWorkflowName(params['name']!), body);
  }

  @Get('flows')
  list(): Promise<Page<FlowSetting>> {
    return this.#flows.list();
  }

  @Get('holds')
  holds(): Promise<Page<HoldView>> {
    return this.#flows.holds();
  }

  @Post('pause')
  @HttpCode(200)
  pauseAll(@Req() { body }: HttpRequest): Promise<Page<HoldView>> {
    return this.#flows.pauseAll(body);
  }

  @Post('resume')
  @HttpCode(200)
  resumeAll(@Req() { body }: HttpRequest): Promise<Page<HoldView>> {
    return this.#flows.resumeAll(body);
  }
}
