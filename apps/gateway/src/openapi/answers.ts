import { componentRef } from './schema.ts';

const meanings: Readonly<Record<number, string>> = {
  101: 'It goes on as a WebSocket.',
  200: 'Done.',
  201: 'Made.',
  202: 'Accepted.',
  204: 'Done, or there is nothing more.',
  206: 'The part that was asked for.',
  302: 'It is elsewhere.',
  304: 'It has not changed.',
  503: 'It cannot serve now.',
};

const component = (type: string): string => type.replace(/^(\w+)<(\w+)>$/, '$2$1');

const withoutContent: Readonly<Record<string, true>> = { 101: true, 204: true, 304: true };

/** The bytes of a stream or a file have no schema, texts have one. */
const mediaTypeOf = (type: string): object => (type.startsWith('text/') ? { schema: { type: 'string' } } : {});

/** The answers of an operation that are no problems, from how its declaration writes them. */
export const answersOf = (answers: Readonly<Partial<Record<number, string>>> = { 200: '' }): Record<string, object> =>
  Object.fromEntries(
    Object.entries(answers).map(([status, written = '']) => {
      const parts = status in withoutContent ? [] : written.split(' | ').filter((part) => part !== '');
      const types = parts.filter((part) => !part.includes('/')).map((part) => componentRef(component(part)));
      const content = {
        ...(types.length > 0 && { 'application/json': { schema: types.length === 1 ? types[0] : { anyOf: types } } }),
        ...Object.fromEntries(parts.filter((part) => part.includes('/')).map((part) => [part, mediaTypeOf(part)])),
      };
      const description = meanings[Number(status)] ?? 'Done.';
      return [status, { description, ...(Object.keys(content).length > 0 && { content }) }];
    }),
  );
