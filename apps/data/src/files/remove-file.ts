import { Failure } from '@nightshift/contracts';
import { inTransaction } from '../database/transaction.ts';
import type { FileDeps } from './answer-file-request.ts';
import { FILES_CHANGED } from './files-changed.ts';
import { findFile } from './find-file.ts';

/** Removes a file that nothing refers to. @throws Failure `file.not_found`, `file.in_use` */
export const removeFile = async ({ pool }: Pick<FileDeps, 'pool'>, id: string): Promise<void> => {
  const isLeft = await inTransaction(pool, async (client) => {
    if ((await findFile(client, id)) === undefined) {
      throw new Failure('file.not_found', { detail: `There is no file ${id}` });
    }
    await client.query('SELECT nightshift_data.settle_files(ARRAY[$1::uuid])', [id]);
    await client.query(`NOTIFY ${FILES_CHANGED}`);
    return (await findFile(client, id)) !== undefined;
  });
  if (isLeft) throw new Failure('file.in_use', { detail: 'Delete the thing that has the file, or change its field.' });
};
