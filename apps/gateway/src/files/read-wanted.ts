import type { HttpRequest } from '../door/http-request.ts';
import type { Wanted } from './send-file.ts';

/** How the file is wanted that a request asks for. What it says wrongly does not count. */
export const readWanted = ({ headers, query }: HttpRequest): Wanted => ({
  range: headers.range,
  ifRange: [headers['if-range']].flat()[0],
  ifNoneMatch: headers['if-none-match'],
  isInline: query['inline'] === 'true',
});

/** Where the door is, as the request came to it. */
export const baseOf = ({ protocol, host }: HttpRequest): string => `${protocol}://${host}`;
