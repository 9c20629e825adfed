import type { Violation } from '@nightshift/contracts';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { unknownWord } from '../document/violation.ts';
import { isWrittenOut } from '../document/written-out.ts';
import type { Action, Input } from './action.ts';
import type { EmailMessage } from './effect.ts';
import { describe, refuse, type Refused } from './refusal.ts';
import { escapeHtml, fillTemplate, isPath, placeholdersOf } from './text-template.ts';
import { isOneLine, textInput } from './text-input.ts';

type Content = Pick<EmailMessage, 'subject' | 'text' | 'html'>;
const parts = ['subject', 'text', 'html'] as const;

/** There must be something to read, and the placeholders of a template must be paths into the data. */
export const checkContent = (action: Action, pointer: string): Violation[] => {
  const { template, subject } = action;
  const given = ['text', 'html', 'template'].filter((word) => action[word] !== undefined);
  if (given.length === 0) return [{ pointer, detail: 'needs text, html or a template' }];
  if (template === undefined)
    return action['data'] === undefined
      ? checkSubject(subject, pointer)
      : [{ pointer: appendPointer(pointer, 'data'), detail: 'is for a template, and there is none' }];
  if (given.length > 1) return [{ pointer, detail: `may have a template or ${given[0]}, not both` }];
  const at = appendPointer(pointer, 'template');
  const texts: [unknown, string][] = isObject(template)
    ? parts.map((part) => [template[part], appendPointer(at, part)])
    : [[template, at]];
  const hasBody = !isObject(template) || template['text'] !== undefined || template['html'] !== undefined;
  return [
    ...checkSubject(subject, pointer),
    ...(hasBody ? [] : [{ pointer: at, detail: 'needs text or html' }]),
    ...texts.flatMap(([text, place]) => checkPlaceholders(text, action['data'] ?? {}, place)),
  ];
};

const checkSubject = (subject: unknown, pointer: string): Violation[] =>
  typeof subject !== 'string' || isOneLine(subject)
    ? []
    : [{ pointer: appendPointer(pointer, 'subject'), detail: 'must be one line' }];

const checkPlaceholders = (text: unknown, data: unknown, pointer: string): Violation[] => {
  if (typeof text !== 'string' || !isWrittenOut(text)) return [];
  return placeholdersOf(text).flatMap((inside) => {
    if (!isPath(inside)) return [{ pointer, detail: `{{ ${inside} }} is not a path, as in {{ user.name }}` }];
    const [name = ''] = inside.split('.');
    if (!isObject(data) || Object.hasOwn(data, name)) return [];
    return [unknownWord(pointer, `data has no ${name}, which {{ ${inside} }} needs`, name, Object.keys(data))];
  });
};

/** Subject and body as expressions gave them, with the template filled. */
export const contentOf = (input: Input): Content | Refused => {
  const own = partsOf(input, '');
  if ('problem' in own) return own;
  const { template, data = {} } = input;
  if (template === undefined)
    return own.text === undefined && own.html === undefined
      ? refuse('text, html or template must be given, but the expressions gave nothing')
      : oneLineSubject({ ...own, subject: own.subject ?? '' });
  if (!isObject(data)) return refuse(`data must be an object, but is ${describe(data)}`);
  const templates = typeof template === 'string' ? splitTemplate(template) : partsOf(template, 'template.');
  if ('problem' in templates) return templates;
  if (templates.text === undefined && templates.html === undefined) return refuse('template has neither text nor html');

  const filled: Partial<Content> = {};
  for (const part of parts) {
    const text = templates[part];
    if (text === undefined) continue;
    const result = fillTemplate(text, data, part === 'html' ? escapeHtml : undefined);
    if ('wrong' in result) return refuse(`template ${result.wrong}`);
    filled[part] = result.text;
  }
  return oneLineSubject({ ...filled, subject: own.subject ?? filled.subject ?? '' });
};

const partsOf = (from: unknown, prefix: string): Partial<Content> | Refused => {
  if (!isObject(from)) return refuse(`template must be a text or an object, but is ${describe(from)}`);
  const read: Partial<Content> = {};
  for (const part of parts) {
    const text = textInput(from[part], prefix + part);
    if (typeof text === 'object') return text;
    if (text !== undefined) read[part] = text;
  }
  return read;
};

/** A template that is one text: its first line is the subject if it says so. */
const splitTemplate = (template: string): Partial<Content> => {
  const [, subject, text] = /^Subject: ([^\r\n]*)(?:\r?\n){0,2}([^]*)$/.exec(template) ?? [];
  return subject === undefined ? { text: template } : { subject, text };
};

const oneLineSubject = (content: Content): Content | Refused =>
  isOneLine(content.subject) ? content : refuse('subject holds a line break or another control character');
