import { createHash } from 'node:crypto';
import { mayStart } from '../door/assert-may.ts';
import type { Grant } from '../door/grant.ts';
import { describeEndpoint, type Exposed } from './describe-endpoint.ts';
import type { ExposedWorkflows } from './exposed-workflows.ts';
import { makeOpenApiDocument, type Addition } from './openapi-document.ts';

/** The document as it is sent. */
export interface WrittenDocument {
  readonly text: string;
  readonly etag: string;
}

interface AnswerDocumentDeps {
  exposed: Pick<ExposedWorkflows, 'read'>;
  /** Where the door is for the outside; empty: where the document was read. */
  url: string;
}

/** Whether somebody may know of an endpoint: of those for anybody and for users everybody, of the others who may read or start them. */
const mayKnow = ({ name, document }: Exposed, grant: Grant | undefined): boolean => {
  const auth = document.expose?.auth ?? 'admin';
  return auth !== 'admin' || (grant !== undefined && (grant.role !== null || mayStart(grant, name)));
};

const write = (url: string, exposed: readonly Exposed[]): WrittenDocument => {
  const additions = exposed.map(describeEndpoint);
  const addition: Addition = {
    paths: Object.assign({}, ...additions.map(({ paths }) => paths)) as Addition['paths'],
    schemas: Object.assign({}, ...additions.map(({ schemas }) => schemas)) as Addition['schemas'],
  };
  const text = JSON.stringify(makeOpenApiDocument(url, addition));
  return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"` };
};

/** Whose documents are kept: more kinds of callers than this are those of keys with rights of their own, and read it rarely. */
const KEPT_MAX = 20;

/** The OpenAPI document for whoever asks, written once for all who may know the same. @throws Failure `ledger.unavailable` */
export const makeAnswerDocument = ({ exposed, url }: AnswerDocumentDeps) => {
  let keptRevision = -1;
  const kept = new Map<string, WrittenDocument>();

  return async (grant: Grant | undefined): Promise<WrittenDocument> => {
    const { revision, exposed: all } = await exposed.read();
    if (revision !== keptRevision) {
      kept.clear();
      keptRevision = revision;
    }
    const known = all.filter((endpoint) => mayKnow(endpoint, grant));
    const key = known.map(({ name }) => name).join();
    const document = kept.get(key) ?? write(url, known);
    if (kept.size < KEPT_MAX) kept.set(key, document);
    return document;
  };
};

export type AnswerDocument = ReturnType<typeof makeAnswerDocument>;
