import { Busboy } from '@fastify/busboy';
import { Failure } from '@nightshift/contracts';
import { Readable } from 'node:stream';

/** The file of a form. */
export interface FilePart {
  name: string | undefined;
  contentType: string | undefined;
  /** Ends when the form does, and fails if there is a second file in it. */
  content: Readable;
}

/**
 * The one file of a web form, as it arrives; its other fields do not matter.
 * @throws Failure `file.invalid` for what is no form, or has no file
 */
export const readForm = (body: Readable, contentType: string): Promise<FilePart> =>
  new Promise((resolve, reject) => {
    const invalid = (detail: string, cause?: unknown): Failure => new Failure('file.invalid', { detail, cause });
    let form: InstanceType<typeof Busboy>;
    try {
      form = new Busboy({ headers: { 'content-type': contentType }, limits: { files: 1 } });
    } catch (cause) {
      return reject(invalid('The form cannot be read: its boundary is missing.', cause));
    }
    const over = new Promise<void>((end, fail) => {
      form.once('finish', end);
      form.once('filesLimit', () => fail(invalid('A form with several files: send one at a time.')));
      form.once('error', (cause) => fail(new Failure('file.incomplete', { cause })));
      // The form waits for the rest of its body for ever.
      body.once('error', (cause) => fail(new Failure('file.incomplete', { cause })));
      body.once('close', () => body.readableEnded || fail(new Failure('file.incomplete')));
    });
    over.then(
      () => reject(invalid('The form has no file.')),
      (error: Error) => {
        body.unpipe(form);
        reject(error);
      },
    );
    form.on('file', (_field, file, fileName: string | undefined, _encoding, type: string | undefined) => {
      // A part of a body that is cut off neither ends nor fails by itself.
      over.catch((error: Error) => file.destroy(error));
      file.on('error', () => {});
      resolve({ name: fileName || undefined, contentType: type, content: Readable.from(partOf(file, over)) });
    });
    body.pipe(form);
  });

const partOf = async function* (file: AsyncIterable<Uint8Array>, over: Promise<void>): AsyncGenerator<Uint8Array> {
  yield* file;
  await over;
};
