import { compileSchema, Failure, FileRequestSchema, type FileAnswer, type FileRequest } from '@nightshift/contracts';
import type pg from 'pg';
import { isAway } from '../database/postgres-error.ts';
import { abandonUpload, beginUpload, completeUpload } from './uploads.ts';
import { findFile } from './find-file.ts';
import { removeFile } from './remove-file.ts';

const check = compileSchema(FileRequestSchema);

export interface FileDeps {
  pool: pg.Pool;
  /** How long a file stays that nothing refers to. */
  graceMs: number;
  /** Something was noted that is due by then, in milliseconds from now. */
  onDue: (inMs: number) => void;
}

/** Keeps the books of files. @throws Failure `request.invalid`, `file.not_found`, `file.in_use`, `file.superseded`, `data.unavailable` */
export const makeAnswerFileRequest =
  (deps: FileDeps) =>
  async (input: unknown): Promise<FileAnswer> => {
    const checked = check(input);
    if (!checked.ok) throw new Failure('request.invalid', { errors: checked.violations });
    try {
      return await perform(deps, checked.value);
    } catch (error) {
      throw isAway(error) ? new Failure('data.unavailable', { cause: error }) : error;
    }
  };

const perform = async (deps: FileDeps, request: FileRequest): Promise<FileAnswer> => {
  switch (request.action) {
    case 'begin':
      return beginUpload(deps, request);
    case 'complete':
      return completeUpload(deps, request);
    case 'abandon':
      await abandonUpload(deps, request);
      return null;
    case 'find': {
      const file = await findFile(deps.pool, request.id);
      if (file === undefined) throw new Failure('file.not_found', { detail: `There is no file ${request.id}` });
      return file;
    }
    case 'remove':
      await removeFile(deps, request.id);
      return null;
  }
};
