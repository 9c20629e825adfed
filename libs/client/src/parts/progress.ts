import type { Duration, Progress, ProgressLink, PublicProgress } from '@nightshift/contracts';
import { followed, type Followed } from '../events/followed.ts';
import { followStream } from '../events/follow-stream.ts';
import { pathOf, type Http, type Repeatable } from '../transport/http.ts';
import { WAIT_MAX_MS } from './wait.ts';

export interface FollowProgressOptions {
  /** Goes on after the document with this id. */
  lastEventId?: string;
  /** Ends the iteration. */
  signal?: AbortSignal;
}

export interface FollowedDocument<Document> {
  /** Good as `lastEventId` of a later iteration. */
  id: string | undefined;
  progress: Document;
}

export const makeProgress = (http: Http) => {
  const read = (id: string, { wait }: { wait?: string } = {}): Promise<Progress> =>
    http.json({ path: pathOf('v1', 'progress', id), query: { wait }, patienceMs: WAIT_MAX_MS });

  /** Ends after the last document. */
  const follow = <Document extends PublicProgress>(
    path: string,
    { lastEventId, signal }: FollowProgressOptions,
  ): Followed<FollowedDocument<Document>> =>
    followed(async function* (ending, onOpen) {
      const isEnd = (data: unknown): boolean => isLast(data as Document);
      const stream = followStream(http, { path, lastEventId, signal: ending, isLast: isEnd, onOpen });
      for await (const { id, data } of stream) yield { id, progress: data as Document };
    }, signal);

  /** How far a run, list or chain is; with `wait`, as soon as that has changed. */
  return Object.assign(read, {
    get: (id: string): Promise<Progress> => read(id),
    /** The progress as soon as it is another one than now, or when the time is up. */
    wait: (id: string, wait = '30s'): Promise<Progress> => read(id, { wait }),
    /** The progress as it is, then each time that it has changed, until the end; over however many connections it takes. */
    follow: (id: string, options: FollowProgressOptions = {}): Followed<FollowedDocument<Progress>> =>
      follow(pathOf('v1', 'progress', id), options),
    /** A link by which anybody sees how far it is, without a key: for a day, unless told otherwise. */
    link: (id: string, { expiresIn, ...options }: Repeatable & { expiresIn?: Duration } = {}): Promise<ProgressLink> =>
      http.json({ ...options, method: 'POST', path: pathOf('v1', 'progress', id, 'links'), json: { expiresIn } }),
    /** What somebody sees who has a link; the client needs no key for it. */
    shared: (token: string, { wait }: { wait?: string } = {}): Promise<PublicProgress> =>
      http.json({ path: pathOf('v1', 'public', 'progress', token), query: { wait }, patienceMs: WAIT_MAX_MS }),
    followShared: (token: string, options: FollowProgressOptions = {}): Followed<FollowedDocument<PublicProgress>> =>
      follow(pathOf('v1', 'public', 'progress', token), options),
  });
};

/** It is 100 % at the end and not before: items of a cancelled list that are still under way end later than the list. */
const isLast = ({ percent }: PublicProgress): boolean => percent === 100;
