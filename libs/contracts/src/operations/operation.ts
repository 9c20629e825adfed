import type { TSchema } from 'typebox';
import type { Role } from '../roles.ts';

export const httpMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type HttpMethod = (typeof httpMethods)[number];

/** One operation of the REST contract. */
export interface Operation {
  method: HttpMethod | 'ANY';
  /** As OpenAPI writes it: `/v1/runs/{id}`. */
  path: string;
  /** Who may ask for it: somebody with this role or a higher one. `public`: anybody, or whoever proves himself otherwise. */
  access: Role | 'public';
  /** What it does, in a sentence without a subject. */
  summary: string;
  /** What its query may hold. */
  query?: TSchema;
  /** Its JSON body. */
  body?: TSchema;
  /** What it answers, by status: the name of a type that is exported here, `Page<…>` of one, or a media type. */
  answers?: Readonly<Partial<Record<number, string>>>;
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
