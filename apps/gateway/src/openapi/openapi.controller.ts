import { Controller, Get, Inject, Param, Req, Res } from '@nestjs/common';
import { Failure } from '@nightshift/contracts';
import type { FastifyReply } from 'fastify';
import type { HttpRequest } from '../door/http-request.ts';
import { sendProblem } from '../door/send-problem.ts';
import { DOCS_PAGE, OPENAPI } from '../tokens.ts';
import type { AnswerDocument } from './answer-document.ts';
import { docsHeaders, type DocsPage } from './docs-page.ts';

const isSame = (header: string | undefined, etag: string): boolean =>
  (header ?? '').split(',').some((each) => ['*', etag].includes(each.trim().replace(/^W\//, '')));

/** The contract, for programs and for people. */
@Controller()
export class OpenApiController {
  readonly #answer: AnswerDocument;
  readonly #docs: DocsPage;

  constructor(@Inject(OPENAPI) answer: AnswerDocument, @Inject(DOCS_PAGE) docs: DocsPage) {
    this.#answer = answer;
    this.#docs = docs;
  }

  @Get('openapi.json')
  async document(@Req() { grant, headers }: HttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const { text, etag } = await this.#answer(grant);
    // Another one for each who may know of other endpoints.
    void reply.headers({ etag, 'cache-control': 'no-cache', vary: 'authorization' });
    if (isSame(headers['if-none-match'], etag)) return void reply.status(304).send();
    void reply.type('application/json; charset=utf-8').send(text);
  }

  @Get('docs')
  page(@Req() { url }: HttpRequest, @Res() reply: FastifyReply): void {
    // Its parts are beside it, wherever it is; `/docs/` would look for them one place further in.
    if (url.split('?', 1)[0]!.endsWith('/')) return void reply.redirect('../docs', 308);
    void reply.headers(docsHeaders).type('text/html; charset=utf-8').send(this.#docs.page);
  }

  @Get('docs/:asset')
  asset(@Param('asset') name: string, @Res() reply: FastifyReply): void {
    const asset = this.#docs.asset(name);
    if (asset === undefined)
      return sendProblem(reply, new Failure('request.unknown_route', { detail: 'The page has no such part' }));
    void reply
      .headers(docsHeaders)
      .header('cache-control', 'public, max-age=3600')
      .type(asset.type)
      .send(asset.content);
  }
}
