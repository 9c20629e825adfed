import type { Violation } from '@nightshift/contracts';
import { Type } from 'typebox';
import { checkOneOf } from '../document/check-which.ts';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { isWrittenOut } from '../document/written-out.ts';
import type { Action } from './action.ts';
import { base64OfText, isBase64 } from './base64.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import { isOneLine, textInput } from './text-input.ts';

/** A file as the document holds it: `content` is text, `base64` bytes. */
export const FileSchema = Type.Object(
  {
    fileName: Type.String(),
    contentType: Type.Optional(Type.String()),
    content: Type.Optional(Type.String()),
    base64: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);

export interface FileInput {
  fileName: string;
  contentType: string;
  base64: string;
}

const contentTypePattern = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[^\r\n]*)?$/;
const contentTypeRule = 'must be a media type, as in application/pdf';
const base64Rule = 'must be base64';

/** A file that is written out, as far as it is. */
export const checkFile = (file: unknown, pointer: string): Violation[] => {
  if (!isObject(file)) return [];
  const wrong = (key: string, isRight: (text: string) => boolean, detail: string): Violation[] => {
    const text = file[key];
    return typeof text !== 'string' || !isWrittenOut(text) || isRight(text)
      ? []
      : [{ pointer: appendPointer(pointer, key), detail }];
  };
  return [
    ...checkOneOf(['content', 'base64'], file as Action, pointer),
    ...wrong('fileName', (name) => name !== '' && isOneLine(name), 'must be a name in one line'),
    ...wrong('contentType', (type) => contentTypePattern.test(type), contentTypeRule),
    ...wrong('base64', isBase64, base64Rule),
  ];
};

/** A file as expressions gave it. @param name of the input, for messages */
export const fileInput = (file: unknown, name: string): FileInput | Refused => {
  if (!isObject(file)) return refuse(`${name} must be a file with fileName and content, but is ${describe(file)}`);
  const { fileName } = file;
  if (typeof fileName !== 'string' || fileName === '')
    return refuse(`${name}.fileName must be a text, but is ${describe(fileName)}`);
  if (!isOneLine(fileName)) return refuse(`${name}.fileName holds a line break`);
  const contentType = textInput(file['contentType'], `${name}.contentType`);
  if (typeof contentType === 'object') return contentType;
  if (contentType !== undefined && !contentTypePattern.test(contentType))
    return refuse(`${name}.contentType ${contentTypeRule}`);
  const content = textInput(file['content'], `${name}.content`);
  if (typeof content === 'object') return content;
  if (content !== undefined)
    return { fileName, contentType: contentType ?? 'text/plain; charset=utf-8', base64: base64OfText(content) };
  const base64 = textInput(file['base64'], `${name}.base64`);
  if (typeof base64 === 'object') return base64;
  if (base64 === undefined) return refuse(`${name} must have content or base64, but has nothing`);
  return isBase64(base64)
    ? { fileName, contentType: contentType ?? 'application/octet-stream', base64 }
    : refuse(`${name}.base64 ${base64Rule}`);
};
