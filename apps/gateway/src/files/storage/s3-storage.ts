import { DeleteObjectCommand, GetObjectCommand, S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { Readable } from 'node:stream';
import type { FileStorage } from './file-storage.ts';
import { unavailable } from './unavailable.ts';

export interface S3Options {
  bucket: string;
  /** Before every key: empty, or ends with a slash. */
  prefix: string;
  region: string;
  /** Of another S3 than Amazon's. */
  endpoint?: string;
  /** Absent: as the AWS libraries find them, from the environment or the machine's role. */
  credentials?: { accessKeyId: string; secretAccessKey: string };
}

/** What one upload holds in memory is parts × their size. 10,000 parts are the most that S3 takes: files up to 80 GB. */
const PART_BYTES = 8 * 1024 * 1024;
const PARTS_IN_FLIGHT = 2;
/** Each download holds one for as long as its reader takes. */
const MAX_SOCKETS = 256;

/**
 * Contents as objects of a bucket, in Amazon S3 or what speaks its protocol. A larger one is uploaded in parts, which are given up when it
 * breaks off; of a gateway that dies in the middle they stay until a lifecycle rule of the bucket takes them.
 */
export const openS3Storage = ({ bucket, prefix, region, endpoint, credentials }: S3Options): FileStorage => {
  const client = new S3Client({
    region,
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(credentials && { credentials }),
    // Others than Amazon do not know the newer checksums; the signature covers each part as it is.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      connectionTimeout: 5_000,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  });
  const place = (key: string) => ({ Bucket: bucket, Key: prefix + key });

  return {
    write: async (key, content) => {
      const upload = new Upload({
        client,
        params: { ...place(key), Body: content },
        partSize: PART_BYTES,
        queueSize: PARTS_IN_FLIGHT,
      });
      try {
        await upload.done();
      } catch (error) {
        unavailable(error);
      } finally {
        content.destroy();
      }
    },

    read: async (key, range) => {
      try {
        const { Body } = await client.send(
          new GetObjectCommand({ ...place(key), ...(range && { Range: `bytes=${range.start}-${range.end}` }) }),
        );
        return Body as Readable;
      } catch (error) {
        return error instanceof S3ServiceException && error.name === 'NoSuchKey' ? undefined : unavailable(error);
      }
    },

    remove: async (key) => {
      await client.send(new DeleteObjectCommand(place(key))).catch(unavailable);
    },

    close: () => client.destroy(),
  };
};
