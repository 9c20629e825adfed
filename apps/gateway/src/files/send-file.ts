import { Failure, type StoredFile } from '@nightshift/contracts';
import { create } from 'content-disposition';
import type { FastifyReply } from 'fastify';
import parseRange from 'range-parser';
import { sendProblem } from '../door/send-problem.ts';
import type { ByteRange, FileStorage } from './storage/file-storage.ts';

/** What a request says about the answer that it wants. */
export interface Wanted {
  range: string | undefined;
  ifRange: string | undefined;
  ifNoneMatch: string | undefined;
  /** To be shown in place of saved, where that does no harm. */
  isInline: boolean;
}

/**
 * Sends the content of a file, or the part of it that is asked for. Who uploaded it said what it is, and nobody knows who that was: it is an
 * attachment, nothing guesses another type than said, and as a page of ours it could do nothing.
 * @throws Failure `file.not_found`, `file.unavailable`
 */
export const sendFile = async (
  storage: FileStorage,
  file: StoredFile,
  { range, ifRange, ifNoneMatch, isInline }: Wanted,
  reply: FastifyReply,
): Promise<void> => {
  const etag = `"${file.sha256}"`;
  const asked = range === undefined || (ifRange !== undefined && ifRange !== etag) ? 'all' : partOf(file.size, range);
  void reply.headers({
    etag,
    'accept-ranges': 'bytes',
    'cache-control': 'private, no-cache',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'cross-origin',
  });
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, etag)) return void reply.status(304).send();
  if (asked === 'none') {
    const detail = `The file has ${file.size} bytes.`;
    return sendProblem(reply, new Failure('file.range_not_satisfiable', { detail }), {
      headers: { 'content-range': `bytes */${file.size}` },
    });
  }
  const content = await storage.read(file.storageKey, asked === 'all' ? undefined : asked);
  if (content === undefined) throw new Failure('file.not_found');
  void reply.headers({
    'content-type': file.contentType,
    'content-disposition': create(file.name, {
      type: isInline && isHarmless(file.contentType) ? 'inline' : 'attachment',
    }),
    'content-length': asked === 'all' ? file.size : asked.end - asked.start + 1,
    ...(asked !== 'all' && { 'content-range': `bytes ${asked.start}-${asked.end}/${file.size}` }),
  });
  await reply.status(asked === 'all' ? 200 : 206).send(content);
};

/** One part; several of them, and what cannot be read, are answered with everything, as RFC 9110 allows. */
const partOf = (size: number, header: string): ByteRange | 'all' | 'none' => {
  if (size === 0) return 'all';
  const ranges = parseRange(size, header);
  if (ranges === -1) return 'none';
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return 'all';
  const { start, end } = ranges[0]!;
  return { start, end };
};

const matches = (header: string, etag: string): boolean =>
  header.split(',').some((each) => ['*', etag].includes(each.trim().replace(/^W\//, '')));

/** What a browser only shows. Not SVG, which holds scripts, and not PDF, which it runs a program for. */
const isHarmless = (contentType: string): boolean =>
  /^(image\/(png|jpeg|gif|webp|avif)|audio\/[\w.+-]+|video\/[\w.+-]+|text\/plain)\s*(;|$)/i.test(contentType);
