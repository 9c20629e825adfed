import type { Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { appendPointer } from '../document/json-pointer.ts';
import { isWrittenOut } from '../document/written-out.ts';
import { asInput, asList, type Action, type Input } from './action.ts';
import type { EmailMessage } from './effect.ts';
import { addressesInput, addressRule, isEmailAddress } from './email-address.ts';
import { checkContent, contentOf } from './email-content.ts';
import { checkFile, fileInput, FileSchema, type FileInput } from './file-input.ts';
import { checkHeaders, headersInput } from './header-input.ts';
import { refuse, type Refused } from './refusal.ts';
import type { StepKind } from './step-kind.ts';
import { FlexibleRecordSchema, orExpression } from './text-or-expression.ts';

const addresses = Type.Union([Type.String(), Type.Array(Type.String())]);
const text = Type.Optional(Type.String());

/** Headers that the mail gets from elsewhere: another `bcc` here would be a recipient that nobody sees. */
const taken: ReadonlySet<string> = new Set([
  ...['from', 'sender', 'to', 'cc', 'bcc', 'reply-to', 'subject', 'date', 'message-id'],
  ...['mime-version', 'content-type', 'content-transfer-encoding', 'content-disposition'],
]);

/**
 * Sends an e-mail, at least once, with the same `Message-ID` each time. The result is `{ messageId, accepted, rejected }`: which addresses the
 * mail server took.
 *
 * What it says is `text`, `html` or both, or a `template` with placeholders for values in `data`: `{ subject, text, html }`, or one text whose
 * first line may be `Subject: …`. What is filled into HTML is escaped; a value that `data` lacks is a failure. Addresses are `a@b.c` or
 * `Ada <a@b.c>`. Attachments have a `fileName` and `content` (a text) or `base64`.
 *
 * ```yaml
 * - send:
 *     email:
 *       to: =user.email
 *       template: { subject: 'Welcome, {{ name }}', text: 'Hello {{ name }}!' }
 *       data: { name: =user.firstName }
 * ```
 */
export const email = {
  schema: Type.Object(
    {
      to: addresses,
      cc: Type.Optional(addresses),
      bcc: Type.Optional(addresses),
      from: text,
      replyTo: text,
      subject: text,
      text,
      html: text,
      template: Type.Optional(
        Type.Union([Type.String(), Type.Object({ subject: text, text, html: text }, { additionalProperties: false })]),
      ),
      data: Type.Optional(FlexibleRecordSchema),
      headers: Type.Optional(FlexibleRecordSchema),
      attachments: Type.Optional(orExpression(Type.Array(orExpression(FileSchema)))),
    },
    { additionalProperties: false },
  ),
  isRecorded: true,
  announcesStart: true,
  seesSecrets: true,
  check: (action, { pointer }) => [
    ...checkAddresses(action, pointer),
    ...checkContent(action, pointer),
    ...checkHeaders(action['headers'], pointer, taken),
    ...checkAttachments(action['attachments'], appendPointer(pointer, 'attachments')),
  ],
  resultShape: () => ({
    description: 'a sent e-mail',
    fields: { messageId: undefined, accepted: undefined, rejected: undefined },
  }),
  prepare: (given) => {
    const input = asInput(given);
    const people = peopleOf(input);
    if ('problem' in people) return people;
    const content = contentOf(input);
    if ('problem' in content) return content;
    const headers = headersInput(input['headers'], taken);
    if ('problem' in headers) return headers;
    const attachments = attachmentsOf(input['attachments']);
    if ('problem' in attachments) return attachments;
    return { kind: 'email', message: { ...people, ...content, headers: headers.values, ...attachments } };
  },
} as const satisfies StepKind;

const checkAddresses = (action: Action, pointer: string): Violation[] =>
  ['to', 'cc', 'bcc', 'from', 'replyTo'].flatMap((word) => {
    const given = action[word];
    const at = appendPointer(pointer, word);
    const places: [unknown, string][] = Array.isArray(given)
      ? given.map((item, index) => [item, appendPointer(at, index)])
      : [[given, at]];
    if (word === 'to' && places.length === 0) return [{ pointer: at, detail: 'must have at least one address' }];
    return places.flatMap(([text, place]) =>
      typeof text !== 'string' || !isWrittenOut(text) || isEmailAddress(text)
        ? []
        : [{ pointer: place, detail: addressRule }],
    );
  });

const checkAttachments = (attachments: unknown, pointer: string): Violation[] =>
  (Array.isArray(attachments) ? attachments : []).flatMap((file: unknown, index) =>
    checkFile(file, appendPointer(pointer, index)),
  );

type People = Pick<EmailMessage, 'from' | 'to' | 'cc' | 'bcc' | 'replyTo'>;

const peopleOf = (input: Input): People | Refused => {
  const people: People = { to: [], cc: [], bcc: [] };
  for (const word of ['to', 'cc', 'bcc'] as const) {
    const read = addressesInput(input[word], word);
    if ('problem' in read) return read;
    people[word] = read;
  }
  if (people.to.length === 0) return refuse('to must have at least one address, but has nothing');
  for (const word of ['from', 'replyTo'] as const) {
    const read = addressesInput(input[word], word);
    if ('problem' in read) return read;
    if (read.length > 1) return refuse(`${word} must be one address, but is a list`);
    if (read[0] !== undefined) people[word] = read[0];
  }
  return people;
};

const attachmentsOf = (given: unknown): { attachments: FileInput[] } | Refused => {
  const attachments: FileInput[] = [];
  for (const [index, item] of asList(given).entries()) {
    const file = fileInput(item, `attachments.${index}`);
    if ('problem' in file) return file;
    attachments.push(file);
  }
  return { attachments };
};
