import { describe, expect, it } from 'vitest';
import type { EmailMessage } from './effect.ts';
import { email } from './email.ts';

const to = 'ada@example.com';
const plain: EmailMessage = { to: [to], cc: [], bcc: [], subject: '', headers: {}, attachments: [] };

describe('an evaluated e-mail becomes a message', () => {
  it.each<[object, Partial<EmailMessage>]>([
    [{ text: 'Hi' }, { text: 'Hi' }],
    [
      {
        to: ['Ada <a@b.c>', '"Love, Ada" <d@e.f>', null, 'bücher@bücher.example'],
        cc: 'g@h',
        bcc: ['i@j.k'],
        from: 'Shop <shop@b.c>',
        replyTo: 'help@b.c',
        subject: 'Grüße',
        text: 'Hi',
        html: '<p>Hi',
        headers: { 'List-Id': 'news', gone: null },
      },
      {
        to: ['Ada <a@b.c>', '"Love, Ada" <d@e.f>', 'bücher@bücher.example'],
        cc: ['g@h'],
        bcc: ['i@j.k'],
        from: 'Shop <shop@b.c>',
        replyTo: 'help@b.c',
        subject: 'Grüße',
        text: 'Hi',
        html: '<p>Hi',
        headers: { 'list-id': 'news' },
      },
    ],
    [
      {
        template: { subject: 'For {{name}}', text: 'Hi {{ name }}: {{ a.0.b }}, {{ n }}', html: '<b>{{ name }}</b>' },
        data: { name: '<A> & "B"', a: [{ b: true }], n: 0 },
      },
      {
        subject: 'For <A> & "B"',
        text: 'Hi <A> & "B": true, 0',
        html: '<b>&lt;A&gt; &amp; &quot;B&quot;</b>',
      },
    ],
    [{ template: 'welcome' }, { text: 'welcome', subject: '' }],
    [
      { template: 'Subject: Hi {{ n }}\r\n\r\nDear {{ n }}\n\nBye', data: { n: 'Ada' } },
      { subject: 'Hi Ada', text: 'Dear Ada\n\nBye' },
    ],
    [
      { template: { subject: 'A', text: 'B' }, subject: 'C' },
      { subject: 'C', text: 'B' },
    ],
    [{ template: { text: '{{ a }}' }, data: { a: '{{ b }}', b: 1 } }, { text: '{{ b }}' }],
    [
      {
        text: 'Hi',
        attachments: [
          { fileName: 'a.csv', content: 'a,b', contentType: 'text/csv' },
          { fileName: 'b', base64: 'AAE=' },
        ],
      },
      {
        text: 'Hi',
        attachments: [
          { fileName: 'a.csv', contentType: 'text/csv', base64: 'YSxi' },
          { fileName: 'b', contentType: 'application/octet-stream', base64: 'AAE=' },
        ],
      },
    ],
  ])('%j', (input, message) => {
    expect(email.prepare({ to, ...input })).toEqual({ kind: 'email', message: { ...plain, ...message } });
  });
});

describe('an evaluated e-mail that makes no sense is refused', () => {
  const text = 'Hi';
  it.each<[object, RegExp]>([
    [{ to: undefined, text }, /^to must have at least one address/],
    [{ to: null, text }, /^to must have at least one address/],
    [{ to: 'ada', text }, /^to must be an address, as in/],
    [{ to: 'a@b.c, d@e.f', text }, /^to must be an address/],
    [{ to: 'Ada, Love <a@b.c>', text }, /^to must be an address/],
    [{ to: 'a@b.c\r\nBcc: d@e.f', text }, /^to must be an address/],
    [{ to: 'Ada\nBcc: x <a@b.c>', text }, /^to must be an address/],
    [{ to: 'x@y.z <a@b.c>', text }, /^to must be an address/],
    [{ to: [7], text }, /^to must be an address.*, but is a number$/],
    [{ cc: 'x', text }, /^cc must be an address/],
    [{ from: ['a@b.c', 'd@e.f'], text }, /^from must be one address, but is a list$/],
    [{ replyTo: 'x', text }, /^replyTo must be an address/],
    [{ subject: 'a\nb', text }, /^subject holds a line break/],
    [{ subject: 7, text }, /^subject must be a text, but is a number$/],
    [{}, /^text, html or template must be given/],
    [{ text: {} }, /^text must be a text, but is an object$/],
    [{ template: 7 }, /^template must be a text or an object, but is a number$/],
    [{ template: { subject: 'a' } }, /^template has neither text nor html$/],
    [{ template: { text: [] } }, /^template\.text must be a text, but is a list$/],
    [
      { template: 'Hi {{ user.name }}', data: { user: {} } },
      /needs a text or a number as data\.user\.name, but it is nothing$/,
    ],
    [{ template: '{{ name }}', data: { name: null } }, /data\.name, but it is null$/],
    [{ template: '{{ name }}', data: { name: ['secret'] } }, /data\.name, but it is a list$/],
    [{ template: '{{ constructor }}', data: {} }, /data\.constructor, but it is nothing$/],
    [{ template: '{{ a b }}', data: {} }, /has a placeholder that is not a path/],
    [{ template: 'x', data: 'x' }, /^data must be an object/],
    [{ template: { subject: '{{ n }}', text }, data: { n: 'a\r\nBcc: x@y.z' } }, /^subject holds a line break/],
    [{ text, headers: { Bcc: 'x@y.z' } }, /^the header "Bcc" is set by the step itself$/],
    [{ text, headers: { 'X-A': 'a\r\nBcc: x@y.z' } }, /^the header X-A holds a line break/],
    [{ text, attachments: ['x'] }, /^attachments\.0 must be a file/],
    [
      { text, attachments: [{ fileName: 'a', content: 7 }] },
      /^attachments\.0\.content must be a text, but is a number$/,
    ],
    [{ text, attachments: [{ fileName: 'a', content: '', contentType: 'x' }] }, /^attachments\.0\.contentType must be/],
  ])('%j', (input, detail) => {
    expect(email.prepare({ to, ...input })).toMatchObject({
      kind: 'refused',
      problem: { code: 'request.invalid', detail: expect.stringMatching(detail) as string },
    });
  });
});

it('reads a hostile template in no time', () => {
  const template = '{{'.repeat(200_000);
  expect(email.prepare({ to, template })).toMatchObject({ kind: 'email', message: { text: template } });
});
