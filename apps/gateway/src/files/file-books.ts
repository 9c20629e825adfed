import { requests, type FileAnswer, type FileRequest, type StoredFile } from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';

const TIMEOUT_MS = 15_000;

/** The books of files, which the data service keeps. Each throws `data.unavailable`, and what the data service refuses with. */
export interface FileBooks {
  /** @returns the file if an earlier attempt at the same upload has completed it */
  begin(upload: Omit<Extract<FileRequest, { action: 'begin' }>, 'action'>): Promise<StoredFile | null>;
  /** @throws Failure `file.superseded` */
  complete(upload: Omit<Extract<FileRequest, { action: 'complete' }>, 'action'>): Promise<StoredFile>;
  abandon(id: string, storageKey: string): Promise<void>;
  /** @throws Failure `file.not_found` */
  find(id: string): Promise<StoredFile>;
  /** @throws Failure `file.not_found`, `file.in_use` */
  remove(id: string): Promise<void>;
}

export const makeFileBooks = ({ bus }: { bus: Pick<Bus, 'request'> }): FileBooks => {
  const ask = <Answer extends FileAnswer>(request: FileRequest): Promise<Answer> =>
    bus.request(requests.files, request, { timeoutMs: TIMEOUT_MS, unavailable: 'data.unavailable' });
  return {
    begin: (upload) => ask({ action: 'begin', ...upload }),
    complete: (upload) => ask({ action: 'complete', ...upload }),
    abandon: async (id, storageKey) => void (await ask({ action: 'abandon', id, storageKey })),
    find: (id) => ask({ action: 'find', id }),
    remove: async (id) => void (await ask({ action: 'remove', id })),
  };
};
