import { Type, type Static, type TObject } from 'typebox';

/** What gateways are told of the storage for files, to be spread into their configuration schema. */
export const storageConfig = {
  /** `file:///a/folder`, which all gateways share, or `s3://bucket/prefix`. Empty: files are not kept here. */
  NIGHTSHIFT_FILES_URL: Type.String({
    pattern: '^(file:///.+|s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?)?$',
    default: '',
  }),
  /** Of a storage that speaks S3 and is not Amazon's. */
  NIGHTSHIFT_FILES_S3_ENDPOINT: Type.String({ pattern: '^(https?://.+)?$', default: '' }),
  NIGHTSHIFT_FILES_S3_REGION: Type.String({ minLength: 1, default: 'us-east-1' }),
  /** Both or none; none: as the AWS libraries find them, from the environment or the machine's role. */
  NIGHTSHIFT_FILES_S3_ACCESS_KEY_ID: Type.String({ default: '' }),
  NIGHTSHIFT_FILES_S3_SECRET_ACCESS_KEY: Type.String({ default: '' }),
  /** A larger upload is refused. */
  NIGHTSHIFT_FILE_MAX_BYTES: Type.Integer({ minimum: 1, default: 100 * 1024 * 1024 }),
};

export type StorageConfig = Static<TObject<typeof storageConfig>>;
