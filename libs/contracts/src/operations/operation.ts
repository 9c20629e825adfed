import type { TSchema } from 'typebox';
import type { FailureCode } from '../failures.ts';
import type { Role } from '../roles.ts';

export const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type HttpMethod = (typeof httpMethods)[number];

/** Headers that an operation may read beside those that all of them do. */
export type RequestHeader = 'if-match' | 'if-none-match' | 'if-range' | 'last-event-id' | 'prefer' | 'range';

/** One operation of the REST contract. */
export interface Operation {
  method: HttpMethod | 'ANY';
  /** As OpenAPI writes it: `/v1/runs/{id}`. What its parts may be is said in `path-parts.ts`. */
  path: string;
  /** Who may ask for it: somebody with this role or a higher one. `public`: anybody, or whoever proves himself otherwise. */
  access: Role | 'public';
  /** What it does, in a sentence without a subject. */
  summary: string;
  /** What its query may hold. */
  query?: TSchema;
  /** Its JSON body. */
  body?: TSchema;
  /** Media types that it takes too, or in place of JSON if it has no `body`. */
  bodies?: readonly string[];
  /** Headers that it reads. */
  headers?: readonly RequestHeader[];
  /**
   * What it answers, by status: the name of a type that is exported here, `Page<…>` of one, a media type, several of these joined by ` | `,
   * or nothing (`''`); 101, 204 and 304 have no content, whatever is said of them. Absent: 200 or 204 without more.
   */
  answers?: Readonly<Partial<Record<number, string>>>;
  /** Failures that it answers with beside those that follow from the rest of what is said of it (`failures-of.ts`). */
  failures?: readonly FailureCode[];
  /** It starts the workflow that its path names: keys without the role can have the right to it. */
  starts?: true;
  /** It can be asked for as a user, by whom its answer is then filtered. Everywhere else naming one is refused. */
  forUsers?: true;
  /** It leaves a history of its own, and none in the audit log. Absent: whatever is not a `GET` is audited. */
  isAudited?: false;
}

type More = Omit<Operation, 'method' | 'path' | 'access' | 'summary'>;

const of =
  (method: Operation['method']) =>
  (path: string, access: Operation['access'], summary: string, more: More = {}): Operation => ({
    method,
    path,
    access,
    summary,
    ...more,
  });

export const get = of('GET');
export const post = of('POST');
export const put = of('PUT');
export const patch = of('PATCH');
export const remove = of('DELETE');
export const any = of('ANY');
