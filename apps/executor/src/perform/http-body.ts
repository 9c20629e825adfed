import type { HttpRequest } from '@nightshift/workflow-core';
import { FormData } from 'undici';

type Sent = Pick<HttpRequest, 'headers' | 'body'>;

/** The body as `fetch` takes it, and the headers that go with it. */
export const toSent = ({
  headers,
  body,
}: Sent): { headers: Record<string, string>; body?: string | Buffer | FormData } => {
  switch (body?.kind) {
    case undefined:
      return { headers };
    case 'text':
      return { headers, body: body.text };
    case 'bytes':
      return { headers, body: Buffer.from(body.base64, 'base64') };
    case 'form': {
      // The boundary between the fields is made with the body, and the content type names it.
      const { 'content-type': _, ...others } = headers;
      return { headers: others, body: toFormData(body.fields) };
    }
  }
};

const toFormData = (fields: Extract<Sent['body'], { kind: 'form' }>['fields']): FormData => {
  const form = new FormData();
  for (const field of fields) {
    if ('value' in field) form.append(field.name, field.value);
    else {
      const content = Buffer.from(field.base64, 'base64');
      form.append(field.name, new Blob([content], { type: field.contentType }), field.fileName);
    }
  }
  return form;
};
