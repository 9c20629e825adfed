import { Failure } from '@nightshift/contracts';
import type { HttpRequest } from '@nightshift/workflow-core';
import type { Response } from 'undici';

/** The beginning of an answer's body; the connection is given up where it goes on beyond the limit. */
export const readBody = async (response: Response, maxBytes: number): Promise<{ bytes: Buffer; isWhole: boolean }> => {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    const wanted = part.subarray(0, maxBytes - length);
    parts.push(wanted);
    length += wanted.byteLength;
    // Leaving the loop closes the stream.
    if (wanted.byteLength < part.byteLength) return { bytes: Buffer.concat(parts), isWhole: false };
  }
  return { bytes: Buffer.concat(parts), isWhole: true };
};

/** The body in the form that the step expects. @throws Failure `http.failed` if it was to be JSON and is not */
export const parseBody = (bytes: Buffer, response: Response, expect: HttpRequest['expect'], host: string): unknown => {
  const type = response.headers.get('content-type') ?? '';
  const form = expect === 'auto' ? formOf(type) : expect;
  if (form === 'base64') return bytes.toString('base64');
  const text = bytes.toString('utf8');
  if (form === 'text') return text;
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (cause) {
    // Many answer errors with a page of text, whatever they were asked for.
    if (!response.ok) return text;
    const detail = `${host} answered with something that is not JSON${type && ` (${type})`}: ${excerpt(bytes)}`;
    throw new Failure('http.failed', { detail, cause });
  }
};

const formOf = (contentType: string): 'json' | 'text' | 'base64' => {
  const type = contentType.split(';', 1)[0]!.trim().toLowerCase();
  if (/^application\/(json|[^/]+\+json)$/.test(type)) return 'json';
  if (type === '' || type.startsWith('text/') || textTypes.test(type)) return 'text';
  return 'base64';
};

const textTypes = /^(application\/(xml|javascript|x-www-form-urlencoded|yaml|x-ndjson)|[^/]+\/[^/]+\+xml)$/;

const EXCERPT_MAX_CHARS = 300;

/** What a person sees of a body in a failure. */
export const excerpt = (bytes: Buffer): string => {
  const text = bytes.toString('utf8').trim().replace(/\s+/g, ' ');
  return text.length > EXCERPT_MAX_CHARS ? `${text.slice(0, EXCERPT_MAX_CHARS)}…` : text;
};
