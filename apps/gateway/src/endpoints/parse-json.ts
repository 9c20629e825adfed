import type { HttpRequest } from '../door/http-request.ts';

/** JSON as the door reads it, which calls back at once. @throws what it refuses with */
export const parseJson = (request: HttpRequest, text: string): unknown => {
  let parsed: unknown;
  void request.server.getDefaultJsonParser('error', 'error')(request, text, (error, value) => {
    if (error) throw error;
    parsed = value;
  });
  return parsed;
};
