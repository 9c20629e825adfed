import {
  compileSchema,
  ContentTypeSchema,
  Failure,
  FILE_NAME_MAX_LENGTH,
  FileNameSchema,
  type Violation,
} from '@nightshift/contracts';
import { parse } from 'content-disposition';
import { Readable } from 'node:stream';
import { refusal } from '../door/checked.ts';
import { readForm } from './read-form.ts';

/** What somebody sends to be kept. */
export interface Upload {
  name: string;
  contentType: string;
  content: AsyncIterable<Uint8Array>;
}

/** A request as far as an upload is concerned. */
export interface UploadRequest {
  /** None if nothing was sent: a file may be empty. */
  body: Readable | undefined;
  /** As the client said it. */
  contentType: string | undefined;
  disposition: string | undefined;
  /** `?name=`, which goes before all else that names the file. */
  name: string | undefined;
}

const UNNAMED = 'file';
const UNKNOWN_TYPE = 'application/octet-stream';

const checkName = compileSchema(FileNameSchema);
const checkType = compileSchema(ContentTypeSchema);

/**
 * The file of a request: its body, or the one file of a form.
 * @throws Failure `request.invalid` for a name or a content type that is none, `file.invalid` for a form without a file
 */
export const readUpload = async ({ body, contentType, disposition, name }: UploadRequest): Promise<Upload> => {
  if (/^multipart\/form-data/i.test(contentType ?? '')) {
    if (body === undefined) throw new Failure('file.invalid', { detail: 'The form is empty.' });
    const part = await readForm(body, contentType!);
    try {
      return { ...labelOf(name ?? part.name, part.contentType), content: part.content };
    } catch (error) {
      part.content.destroy();
      throw error;
    }
  }
  return { ...labelOf(name ?? nameIn(disposition), contentType), content: body ?? Readable.from([]) };
};

const labelOf = (said: string | undefined, saidType: string | undefined): Pick<Upload, 'name' | 'contentType'> => {
  const name = lastPart(said ?? '') || UNNAMED;
  const contentType = saidType ?? UNKNOWN_TYPE;
  const violations: Violation[] = [];
  if (!checkName(name).ok) {
    const detail = `must be at most ${FILE_NAME_MAX_LENGTH} characters, and no control characters among them`;
    violations.push({ pointer: '/name', detail });
  }
  if (!checkType(contentType).ok) {
    violations.push({ pointer: '/contentType', detail: 'must be a media type, as in application/pdf' });
  }
  if (violations.length > 0) throw refusal('request.invalid', violations);
  return { name, contentType };
};

/** Some clients send the whole path. What is left of `..` and the like names no file. */
const lastPart = (name: string): string => {
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  return /^\.*$/.test(last.trim()) ? '' : last;
};

/** Of a header that cannot be read, there is none. */
const nameIn = (disposition: string | undefined): string | undefined =>
  disposition === undefined ? undefined : parse(disposition).parameters['filename'];
