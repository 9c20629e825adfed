import { Failure } from '@nightshift/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { checkNesting } from './nesting.ts';
import type { BodyKind, RouteRules } from './route-rules.ts';

const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml', 'text/vnd.yaml'];
const ndjsonTypes = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

/** A YAML body, not read yet: the workflow's reader says what is wrong with it, with line and column. */
export class YamlText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const takes = (request: FastifyRequest, kind: BodyKind): boolean =>
  ((request.routeOptions.config as RouteRules).bodies ?? []).includes(kind);

const refuse = (contentType: string | undefined): Failure =>
  new Failure('request.unsupported_media_type', { detail: `${contentType ?? 'This body'} is not understood here` });

/** JSON everywhere; YAML and NDJSON on the routes that say so. NDJSON stays a stream. */
export const addBodyParsers = (fastify: FastifyInstance): void => {
  fastify.removeAllContentTypeParsers();
  const parseJson = fastify.getDefaultJsonParser('error', 'error');

  fastify.addContentTypeParser(/^application\/(json|[\w.+-]+\+json)/, { parseAs: 'string' }, (request, text, done) => {
    // A client that names a type on every request sends it without a body as well.
    if (text === '') return done(null, undefined);
    try {
      checkNesting(text as string);
    } catch (error) {
      return done(error as Error);
    }
    void parseJson(request, text as string, done);
  });
  fastify.addContentTypeParser(yamlTypes, { parseAs: 'string' }, (request, text, done) => {
    if (takes(request, 'yaml')) done(null, new YamlText(text as string));
    else done(refuse(request.headers['content-type']));
  });
  fastify.addContentTypeParser(ndjsonTypes, (request, stream, done) => {
    if (takes(request, 'ndjson')) done(null, stream);
    else done(refuse(request.headers['content-type']));
  });
};
