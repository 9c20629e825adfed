import { Controller, Delete, Get, HttpCode, Inject, Post, Put, Req } from '@nestjs/common';
import type {
  Page,
  Redelivered,
  WebhookDelivery,
  WebhookPing,
  WebhookView,
  WebhookWithSecret,
} from '@nightshift/contracts';
import type { HttpRequest } from '../door/http-request.ts';
import { readWebhookName } from '../door/read-names.ts';
import { WEBHOOKS } from '../tokens.ts';
import type { WebhookHandlers } from './webhook-handlers.ts';

@Controller('v1/webhooks')
export class WebhooksController {
  readonly #webhooks: WebhookHandlers;

  constructor(@Inject(WEBHOOKS) webhooks: WebhookHandlers) {
    this.#webhooks = webhooks;
  }

  @Put(':name')
  put(@Req() { params, body }: HttpRequest): Promise<WebhookWithSecret> {
    return this.#webhooks.put(readWebhookName(params['name']!), body);
  }

  @Get()
  list(): Promise<Page<WebhookView>> {
    return this.#webhooks.list();
  }

  @Get(':name')
  get(@Req() { params }: HttpRequest): Promise<WebhookView> {
    return this.#webhooks.get(params['name']!);
  }

  @Delete(':name')
  @HttpCode(204)
  remove(@Req() { params }: HttpRequest): Promise<void> {
    return this.#webhooks.remove(params['name']!);
  }

  /** No `POST`: the answers of those are kept under their idempotency keys, and this one holds a secret. */
  @Put(':name/secret')
  rotate(@Req() { params }: HttpRequest): Promise<WebhookWithSecret> {
    return this.#webhooks.rotate(params['name']!);
  }

  @Post(':name/test')
  @HttpCode(200)
  test(@Req() { params }: HttpRequest): Promise<WebhookPing> {
    return this.#webhooks.test(params['name']!);
  }

  @Post(':name/pause')
  @HttpCode(200)
  pause(@Req() { params }: HttpRequest): Promise<WebhookView> {
    return this.#webhooks.pause(params['name']!);
  }

  @Post(':name/resume')
  @HttpCode(200)
  resume(@Req() { params }: HttpRequest): Promise<WebhookView> {
    return this.#webhooks.resume(params['name']!);
  }

  @Get(':name/deliveries')
  deliveries(@Req() { params, query }: HttpRequest): Promise<Page<WebhookDelivery>> {
    return this.#webhooks.deliveries(params['name']!, query);
  }

  @Post(':name/deliveries/:id/redeliver')
  @HttpCode(202)
  redeliver(@Req() { params }: HttpRequest): Promise<Redelivered> {
    return this.#webhooks.redeliver(params['name']!, params['id']!);
  }

  @Post(':name/redeliver')
  @HttpCode(202)
  redeliverMany(@Req() { params, body }: HttpRequest): Promise<Redelivered> {
    return this.#webhooks.redeliverMany(params['name']!, body);
  }
}
