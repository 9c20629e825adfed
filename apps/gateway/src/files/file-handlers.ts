import {
  compileSchema,
  Failure,
  FileLinkBodySchema,
  requests,
  type FileInfo,
  type FileLink,
  type StoredFile,
} from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import type { Logger } from '@nightshift/runtime';
import type { FastifyReply } from 'fastify';
import type { Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';
import { makeSignedLinks } from '../links/signed-links.ts';
import { makeEraseContent } from './erase-content.ts';
import { makeFileBooks } from './file-books.ts';
import { tooLarge } from './measured.ts';
import { readUpload, type UploadRequest } from './read-upload.ts';
import { sendFile, type Wanted } from './send-file.ts';
import type { FileStorage } from './storage/file-storage.ts';
import { makeUploadFile } from './upload-file.ts';

export interface FileHandlersDeps {
  bus: Pick<Bus, 'request' | 'serve'>;
  logger: Pick<Logger, 'warn'>;
  /** Undefined: the deployment keeps no files. */
  storage: FileStorage | undefined;
  maxBytes: number;
  linkKey: () => Buffer;
  nowMs: () => number;
  /** Where the door is for those who are given links; undefined: where it was asked for the link. */
  publicUrl: string | undefined;
}

const checkLink = compileSchema(FileLinkBodySchema);

/** Files: the gateways hold their content, the data service their books. Each throws `file.no_storage` where the deployment keeps none. */
export const makeFileHandlers = ({ bus, logger, storage, maxBytes, linkKey, nowMs, publicUrl }: FileHandlersDeps) => {
  const books = makeFileBooks({ bus });
  const links = makeSignedLinks({ linkKey, nowMs });
  const uploadFile = storage && makeUploadFile({ books, storage, maxBytes, logger });
  const erasing =
    storage && bus.serve(requests.eraseContent, makeEraseContent({ storage, logger }), { queue: 'gateway' });

  const noStorage = (): Failure =>
    new Failure('file.no_storage', { detail: 'Set NIGHTSHIFT_FILES_URL of the gateways.' });
  const infoOf = ({ storageKey: _, ...file }: StoredFile, base: string): FileInfo => ({
    ...file,
    url: `${publicUrl ?? base}/v1/files/${file.id}`,
  });
  const send = async (id: string, wanted: Wanted, reply: FastifyReply): Promise<void> => {
    if (storage === undefined) throw noStorage();
    await sendFile(storage, await books.find(id), wanted, reply);
  };

  return {
    /**
     * @param length of the body, where the client said it
     * @throws Failure of `readUpload` and `makeUploadFile`
     */
    upload: async (
      request: UploadRequest,
      { length, base, asked }: { length: number; base: string; asked: Asked },
    ): Promise<FileInfo> => {
      if (uploadFile === undefined) throw noStorage();
      if (length > maxBytes) throw tooLarge(maxBytes);
      return infoOf(await uploadFile(await readUpload(request), asked), base);
    },
    /** @throws Failure `file.not_found` */
    info: async (id: string, base: string): Promise<FileInfo> => infoOf(await books.find(id), base),
    /** @throws Failure `file.not_found`, `file.unavailable` */
    send,
    /** @throws Failure `file.not_found`, `file.in_use` */
    remove: (id: string): Promise<void> => books.remove(id),
    /** A link by which anybody gets the file. @throws Failure `request.invalid`, `file.not_found`, `secret.unavailable` */
    link: async (id: string, body: unknown, base: string): Promise<FileLink> => {
      const lengthMs = links.lengthOf(checked(checkLink, body ?? {}).expiresIn);
      await books.find(id);
      const { token, expiresAt } = links.sign(id, lengthMs);
      return { url: `${publicUrl ?? base}/v1/public/files/${token}`, token, expiresAt };
    },
    /** @throws Failure `link.invalid`, `link.expired`, `file.not_found`, `file.unavailable` */
    sendLinked: (token: string, wanted: Wanted, reply: FastifyReply): Promise<void> =>
      send(links.open(token), wanted, reply),
    close: async (): Promise<void> => {
      await erasing?.close();
      storage?.close();
    },
  };
};

export type FileHandlers = ReturnType<typeof makeFileHandlers>;
