import { Type, type Static } from 'typebox';
import { CallerSchema, type Caller } from './caller.ts';
import { DurationSchema } from './duration.ts';

/** A name is shown to people and sent in headers; it is never a part of a path. */
export const FILE_NAME_MAX_LENGTH = 255;

/** How somebody calls a file. Any characters, but for control characters, which no header carries. */
export const FileNameSchema = Type.String({
  minLength: 1,
  maxLength: FILE_NAME_MAX_LENGTH,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f\\u2028\\u2029]+$',
});

/** What an upload says of itself. Nobody takes its word for it: browsers are told not to, too. */
export const ContentTypeSchema = Type.String({
  maxLength: 255,
  pattern: '^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *; *[\\x20-\\x7e]*)?$',
});

/** Query of `POST /v1/files`. */
export const UploadQuerySchema = Type.Object({ name: Type.Optional(FileNameSchema) });

/** Query of `GET /v1/files/{id}`. */
export const FileContentQuerySchema = Type.Object({
  inline: Type.Optional(Type.Boolean({ description: 'To be shown instead of kept, if its content can do no harm.' })),
});

/** A file, as `POST /v1/files` and `GET /v1/files/{id}/info` answer. */
export interface FileInfo {
  id: string;
  name: string;
  contentType: string;
  /** In bytes. */
  size: number;
  /** Of the content, in hexadecimal. */
  sha256: string;
  createdAt: string;
  createdBy?: Caller;
  /** When it is removed unless a thing refers to it by then; null: a thing did when that was last looked at. */
  expiresAt: string | null;
  /** Where its content is, for whoever has a key. */
  url: string;
}

/** Body of `POST /v1/files/{id}/links`. */
export const FileLinkBodySchema = Type.Object(
  {
    /** A day if absent, 90 days at most. */
    expiresIn: Type.Optional(DurationSchema),
  },
  { additionalProperties: false },
);
export type FileLinkBody = Static<typeof FileLinkBodySchema>;

/** Answer of `POST /v1/files/{id}/links`. */
export interface FileLink {
  /** Where anybody gets the content, without a key. */
  url: string;
  token: string;
  expiresAt: string;
}

/** Where the storage has the content: drawn at random, never made of what a user said. */
export const STORAGE_KEY_PATTERN = '^[0-9a-f]{32}$';
const storageKey = Type.String({ pattern: STORAGE_KEY_PATTERN });
const id = Type.String({ format: 'uuid' });

/** What the data service, which keeps the books of files, is asked by the gateways, which keep their content. */
export const FileRequestSchema = Type.Union([
  /** Before the first byte is stored: from then on the content is removed unless the upload is completed in time. */
  Type.Object({
    action: Type.Literal('begin'),
    id,
    storageKey,
    name: FileNameSchema,
    contentType: ContentTypeSchema,
    createdBy: Type.Optional(CallerSchema),
  }),
  /** When all bytes are durable. */
  Type.Object({
    action: Type.Literal('complete'),
    id,
    storageKey,
    size: Type.Integer({ minimum: 0 }),
    sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
  }),
  /** The upload broke off. */
  Type.Object({ action: Type.Literal('abandon'), id, storageKey }),
  Type.Object({ action: Type.Literal('find'), id }),
  Type.Object({ action: Type.Literal('remove'), id }),
]);
export type FileRequest = Static<typeof FileRequestSchema>;

/** A file whose content is stored. */
export interface StoredFile extends Omit<FileInfo, 'url'> {
  storageKey: string;
}

/**
 * `begin`: the file if an earlier attempt at the same upload has completed it, else null. `complete`, `find`: the file.
 * `abandon`, `remove`: null.
 */
export type FileAnswer = StoredFile | null;

/** What gateways are asked by the data service: to delete what no file is any more. Repeating it does no harm. The answer is those that are gone. */
export const EraseContentSchema = Type.Object({
  storageKeys: Type.Array(storageKey, { minItems: 1, maxItems: 100 }),
});
export type EraseContent = Static<typeof EraseContentSchema>;
