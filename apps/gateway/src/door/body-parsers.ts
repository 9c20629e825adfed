import { Failure } from '@nightshift/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { checkText, readText } from './check-text.ts';
import { checkNesting } from './nesting.ts';
import type { BodyKind, RouteRules } from './route-rules.ts';

const yamlTypes = ['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml', 'text/vnd.yaml'];
const ndjsonTypes = ['application/x-ndjson', 'application/ndjson', 'application/jsonl'];

/** What stands for the type of a file, so that no parser takes it for what it says it is. */
const FILE = 'application/vnd.nightshift.file';

/** A YAML body, not read yet: the workflow's reader says what is wrong with it, with line and column. */
export class YamlText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** As a URL writes it. Postgres keeps none. */
const nullCharacter = /%00/;

const takes = (request: FastifyRequest, kind: BodyKind): boolean =>
  ((request.routeOptions.config as RouteRules).bodies ?? []).includes(kind);

const refuse = (contentType: string | undefined): Failure =>
  new Failure('request.unsupported_media_type', { detail: `${contentType ?? 'This body'} is not understood here` });

/** JSON everywhere; YAML, NDJSON, CSV, bytes and files on the routes that say so. NDJSON, CSV and files stay streams. */
export const addBodyParsers = (fastify: FastifyInstance): void => {
  fastify.removeAllContentTypeParsers();
  const parseJson = fastify.getDefaultJsonParser('error', 'error');

  fastify.addContentTypeParser(/^application\/(json|[\w.+-]+\+json)/, { parseAs: 'buffer' }, (request, body, done) => {
    if (takes(request, 'raw')) return done(null, body);
    // A client that names a type on every request sends it without a body as well.
    if (body.length === 0) return done(null, undefined);
    let text: string;
    try {
      text = readText(body as Buffer);
      checkNesting(text);
    } catch (error) {
      return done(error as Error);
    }
    void parseJson(request, text, (error, value) => {
      if (error) return done(error);
      try {
        checkText(text, value);
      } catch (refused) {
        return done(refused as Error);
      }
      done(null, value);
    });
  });
  fastify.addContentTypeParser(yamlTypes, { parseAs: 'buffer' }, (request, body, done) => {
    if (!takes(request, 'yaml')) return done(refuse(request.headers['content-type']));
    try {
      done(null, new YamlText(readText(body as Buffer)));
    } catch (error) {
      done(error as Error);
    }
  });
  const streams = [
    ['ndjson', ndjsonTypes],
    ['csv', ['text/csv']],
  ] as const;
  for (const [kind, types] of streams) {
    fastify.addContentTypeParser([...types], (request, stream, done) => {
      if (takes(request, kind)) done(null, stream);
      else done(refuse(request.headers['content-type']));
    });
  }
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if (takes(request, 'raw')) done(null, body);
    else done(refuse(request.headers['content-type']));
  });
  fastify.addContentTypeParser(FILE, (request, stream, done) => {
    if (takes(request, 'file')) done(null, stream);
    else done(refuse(request.headers['content-type']));
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity')
      return done(
        new Failure('request.unsupported_media_type', { detail: `Bodies are sent as they are, not as ${encoding}.` }),
      );
    if (nullCharacter.test(request.url))
      return done(new Failure('request.invalid', { detail: 'The URL holds a null character.' }));
    if (takes(request, 'file')) {
      request.fileType = request.headers['content-type'];
      request.headers = { 'content-type': FILE };
    }
    done();
  });
};
