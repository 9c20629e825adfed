import { Busboy } from '@fastify/busboy';
import { Failure } from '@nightshift/contracts';
import { checkNesting } from '../door/nesting.ts';
import { headerOf, type EndpointCall } from './endpoint-call.ts';

/** A body, by what it is. The fields of a form are texts, whatever the workflow wants them to be. */
export type EndpointBody =
  | { kind: 'none' }
  | { kind: 'json'; value: unknown }
  | { kind: 'form'; fields: Record<string, string | string[]> }
  | { kind: 'text'; text: string };

const json = /^application\/([\w.-]+\+)?json$/;

/** A name that would change what an object is, and is a field of nothing. */
const isForbidden = (name: string): boolean => name === '__proto__';

const collect = (entries: Iterable<readonly [string, string]>): Record<string, string | string[]> => {
  const fields: Record<string, string | string[]> = {};
  for (const [name, value] of entries) {
    if (isForbidden(name)) continue;
    const before = Object.hasOwn(fields, name) ? fields[name] : undefined;
    fields[name] = before === undefined ? value : [before, value].flat();
  }
  return fields;
};

/**
 * Reads the body of a call.
 * @param takesText whether a body of another type is wanted as text
 * @throws Failure `request.malformed`, `request.invalid`, `request.unsupported_media_type`
 */
export const readBody = async (call: EndpointCall, takesText: boolean): Promise<EndpointBody> => {
  const { body } = call;
  if (body === undefined || body.length === 0) return { kind: 'none' };
  const contentType = headerOf(call, 'content-type');
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (json.test(type)) {
    const text = body.toString('utf8');
    checkNesting(text);
    return { kind: 'json', value: call.parseJson(text) };
  }
  if (type === 'application/x-www-form-urlencoded')
    return { kind: 'form', fields: collect(new URLSearchParams(body.toString('utf8'))) };
  if (type === 'multipart/form-data') return { kind: 'form', fields: collect(await readMultipart(body, contentType)) };
  if (takesText) return { kind: 'text', text: body.toString('utf8') };
  throw new Failure('request.unsupported_media_type', { detail: `${type || 'This body'} is not understood here` });
};

const readMultipart = (body: Buffer, contentType: string): Promise<[string, string][]> =>
  new Promise((resolve, reject) => {
    const malformed = (cause: unknown): void =>
      reject(new Failure('request.malformed', { detail: 'The form cannot be read', cause }));
    try {
      // The limits of a field are those of the whole body.
      const form = new Busboy({
        headers: { 'content-type': contentType },
        limits: { fieldSize: body.length, fields: 1_000, files: 0 },
      });
      const fields: [string, string][] = [];
      form.on('field', (name, value) => fields.push([name, String(value)]));
      form.once('filesLimit', () =>
        reject(
          new Failure('request.invalid', { detail: 'The form has a file: upload it to /v1/files, and send its id' }),
        ),
      );
      form.once('fieldsLimit', () =>
        reject(new Failure('request.invalid', { detail: 'The form has too many fields' })),
      );
      form.once('error', malformed);
      form.once('finish', () => resolve(fields));
      form.end(body);
    } catch (error) {
      malformed(error);
    }
  });
