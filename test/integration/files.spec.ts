import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { connect } from 'node:net';
import { waitFor } from '@nightshift/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN_KEY } from '../../apps/gateway/test/test-gateway.ts';
import { openFilesPlatform, type FilesPlatform } from './files-platform.ts';

const MAX_BYTES = 3 * 1024 * 1024;

let platform: FilesPlatform;
let url: string;

beforeAll(async () => {
  platform = await openFilesPlatform({ NIGHTSHIFT_FILE_MAX_BYTES: String(MAX_BYTES) });
  url = platform.gateway.url;
});
afterAll(() => platform?.close());

const authorization = `Bearer ${ADMIN_KEY}`;
const call = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(url + path, { ...init, headers: { authorization, ...(init.headers as Record<string, string>) } });
const codeOf = async (response: Response): Promise<unknown> => ((await response.json()) as { code: string }).code;

describe('a file', () => {
  it('is uploaded, described, downloaded and deleted', async () => {
    const content = randomBytes(200_000);
    const { files } = platform.gateway.client;
    const file = await files.upload(content, { name: 'report.pdf', contentType: 'application/pdf' });
    expect(file).toEqual({
      id: expect.any(String),
      name: 'report.pdf',
      contentType: 'application/pdf',
      size: 200_000,
      sha256: createHash('sha256').update(content).digest('hex'),
      createdAt: expect.any(String),
      createdBy: { kind: 'key', name: 'admin' },
      expiresAt: expect.any(String),
      url: `${url}/v1/files/${file.id}`,
    });
    const graceHours = (Date.parse(file.expiresAt!) - Date.parse(file.createdAt)) / 3_600_000;
    expect(graceHours).toBeCloseTo(24, 1);
    expect(await files.info(file.id)).toEqual(file);
    const response = await files.download(file.id);
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/pdf',
      'content-length': '200000',
      'content-disposition': 'attachment; filename=report.pdf',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; sandbox",
      etag: `"${file.sha256}"`,
    });
    const stored = platform.stored().length;
    await files.delete(file.id);
    await expect(files.info(file.id)).rejects.toMatchObject({ code: 'file.not_found' });
    await expect(files.delete(file.id)).rejects.toMatchObject({ code: 'file.not_found' });
    await platform.settled(stored - 1);
  });

  it('is sent in parts, or not at all to who has it', async () => {
    const file = await platform.upload('0123456789');
    const get = (headers: Record<string, string>) => call(`/v1/files/${file.id}`, { headers });
    const answers: [Record<string, string>, number, string, string | null][] = [
      [{ range: 'bytes=2-4' }, 206, '234', 'bytes 2-4/10'],
      [{ range: 'bytes=7-' }, 206, '789', 'bytes 7-9/10'],
      [{ range: 'bytes=-3' }, 206, '789', 'bytes 7-9/10'],
      [{ range: 'bytes=8-100' }, 206, '89', 'bytes 8-9/10'],
      [{ range: 'bytes=0-1,4-5' }, 200, '0123456789', null],
      [{ range: 'lines=1-2' }, 200, '0123456789', null],
      [{ range: 'bytes=2-4', 'if-range': `"${file.sha256}"` }, 206, '234', 'bytes 2-4/10'],
      [{ range: 'bytes=2-4', 'if-range': '"another"' }, 200, '0123456789', null],
      [{ 'if-none-match': '"another"' }, 200, '0123456789', null],
      [{ 'if-none-match': `"x", W/"${file.sha256}"` }, 304, '', null],
    ];
    for (const [headers, status, text, range] of answers) {
      const response = await get(headers);
      expect([headers, response.status, await response.text(), response.headers.get('content-range')]).toEqual([
        headers,
        status,
        text,
        range,
      ]);
    }
    const beyond = await get({ range: 'bytes=10-' });
    expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    expect(await codeOf(beyond)).toBe('file.range_not_satisfiable');
  });

  it('may be empty', async () => {
    const response = await call('/v1/files', { method: 'POST' });
    const { id, name, size } = (await response.json()) as { id: string; name: string; size: number };
    expect([response.status, name, size]).toEqual([201, 'file', 0]);
    expect(await (await call(`/v1/files/${id}`, { headers: { range: 'bytes=0-5' } })).text()).toBe('');
  });

  it('of the same content as another is a file of its own', async () => {
    const [one, other] = await Promise.all([platform.upload('same'), platform.upload('same')]);
    expect(one.sha256).toBe(other.sha256);
    await platform.gateway.client.files.delete(one.id);
    await waitFor(() => call(one.url.slice(url.length)).then(({ status }) => status === 404));
    expect(await (await platform.gateway.client.files.download(other.id)).text()).toBe('same');
  });

  it.each(['application/json', 'application/x-ndjson', 'application/yaml', 'text/html', 'nonsense/+x; a=b'])(
    'of type %s arrives as it is',
    async (contentType) => {
      const content = '{"not": json\n\u00e9';
      const file = await platform.gateway.client.files.upload(content, { contentType });
      const response = await call(`/v1/files/${file.id}`);
      expect([await response.text(), response.headers.get('content-type')]).toEqual([content, contentType]);
    },
  );

  it('is never a page of ours: only what a browser merely shows is sent to be shown', async () => {
    const { files } = platform.gateway.client;
    const dispositions = ['text/html', 'image/svg+xml', 'application/pdf', 'image/png'].map(async (contentType) => {
      const { id } = await files.upload('<script>alert(1)</script>', { name: 'a', contentType });
      const response = await call(`/v1/files/${id}?inline=true`);
      return response.headers.get('content-disposition')!.split(';')[0];
    });
    expect(await Promise.all(dispositions)).toEqual(['attachment', 'attachment', 'attachment', 'inline']);
  });

  it('is not found by what is no id', async () => {
    for (const id of ['x', '..%2f..%2fetc%2fpasswd', randomUUID()]) {
      expect(await codeOf(await call(`/v1/files/${id}`)), id).toBe('file.not_found');
    }
    expect((await fetch(`${url}/v1/files/${randomUUID()}`)).status).toBe(401);
  });
});

describe('a name', () => {
  it.each([
    ['a "quoted" name.txt', 'a "quoted" name.txt'],
    ['naïve ☕ 日本.pdf', 'naïve ☕ 日本.pdf'],
    ["it's; filename=evil.exe", "it's; filename=evil.exe"],
    ['../../../etc/passwd', 'passwd'],
    ['C:\\Users\\ada\\a.doc', 'a.doc'],
    ['..', 'file'],
    ['50%25.txt', '50%25.txt'],
  ])('as %s is kept as %s, and comes back in a header that says just that', async (given, kept) => {
    const file = await platform.upload('x', given);
    expect(file.name).toBe(kept);
    const header = (await call(`/v1/files/${file.id}`)).headers.get('content-disposition')!;
    expect(header).toMatch(/^attachment; filename=([\w.%]+|"([^"\\]|\\.)*")(; filename\*=UTF-8''[\w.%!#$&+^`|~-]+)?$/);
    expect(platform.stored().every((name) => /^[0-9a-f]{32}$/.test(name))).toBe(true);
  });

  it.each(['two\nlines', 'a\r\nSet-Cookie: x=1', 'nul\0', 'x'.repeat(256)])('as %j is refused', async (name) => {
    await expect(platform.upload('x', name)).rejects.toMatchObject({ code: 'request.invalid' });
  });

  it('comes from Content-Disposition as well', async () => {
    const headers = { 'content-disposition': `attachment; filename="a.txt"; filename*=UTF-8''%e2%82%ac.txt` };
    const response = await call('/v1/files', { method: 'POST', body: 'x', headers });
    expect(await response.json()).toMatchObject({ name: '€.txt' });
  });
});

describe('a form', () => {
  const post = (form: FormData): Promise<Response> => call('/v1/files', { method: 'POST', body: form });

  it('brings the one file that is in it', async () => {
    const form = new FormData();
    const content = randomBytes(300_000);
    form.set('title', 'whatever');
    form.set('upload', new File([content], 'schön.png', { type: 'image/png' }));
    form.set('after', 'whatever');
    const file = (await (await post(form)).json()) as { id: string };
    expect(file).toMatchObject({ name: 'schön.png', contentType: 'image/png', size: 300_000 });
    const response = await platform.gateway.client.files.download(file.id);
    expect(Buffer.from(await response.arrayBuffer()).equals(content)).toBe(true);
  });

  it('with none, with two, or without an end is none', async () => {
    const stored = platform.stored().length;
    const none = new FormData();
    none.set('title', 'whatever');
    expect(await codeOf(await post(none))).toBe('file.invalid');
    const two = new FormData();
    for (const name of ['a', 'b']) two.set(name, new File(['x'.repeat(100_000)], name));
    expect(await codeOf(await post(two))).toBe('file.invalid');
    const headers = { 'content-type': 'multipart/form-data; boundary=x' };
    const body = '--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nthe beginning';
    expect(await codeOf(await call('/v1/files', { method: 'POST', body, headers }))).toBe('file.incomplete');
    await platform.settled(stored);
  });
});

describe('an upload', () => {
  it('that is too large is refused, whether it says so or not, and leaves nothing', async () => {
    const stored = platform.stored().length;
    const content = randomBytes(MAX_BYTES + 1);
    expect((await platform.gateway.client.files.upload(content.subarray(1))).size).toBe(MAX_BYTES);
    const { files } = platform.gateway.client;
    const refused = { code: 'file.too_large', problem: { detail: `A file may have ${MAX_BYTES} bytes here.` } };
    await expect(files.upload(content)).rejects.toMatchObject(refused);
    const chunked = new Blob([content]).stream() as ReadableStream<Uint8Array>;
    await expect(files.upload(chunked)).rejects.toMatchObject(refused);
    await platform.settled(stored + 1);
  });

  it('whose connection is cut leaves nothing', async () => {
    const stored = platform.stored().length;
    const files = await platform.files();
    for (const head of [
      'Content-Length: 1000000',
      'Transfer-Encoding: chunked',
      'Content-Length: 1000000\r\nIdempotency-Key: cut',
      'Content-Length: 1000000\r\nContent-Type: multipart/form-data; boundary=x',
    ]) {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      const isForm = head.includes('multipart');
      const part = '--x\r\nContent-Disposition: form-data; name="a"; filename="a"\r\n\r\nabcd';
      const body = isForm ? part : head.includes('chunked') ? '4\r\nabcd\r\n' : 'abcd';
      socket.write(`POST /v1/files HTTP/1.1\r\nHost: x\r\nAuthorization: ${authorization}\r\n${head}\r\n\r\n${body}`);
      await waitFor(() => platform.stored().length > stored, { describe: `bytes of an upload with ${head}` });
      socket.destroy();
      await platform.settled(stored);
    }
    expect(await platform.files()).toEqual(files);
  });

  it('is repeated under its key without being stored again, and another one is refused', async () => {
    const { files } = platform.gateway.client;
    const stored = platform.stored().length;
    const file = await files.upload('once', { name: 'a', idempotencyKey: 'upload-1' });
    expect(await files.upload('once', { name: 'a', idempotencyKey: 'upload-1' })).toEqual(file);
    await expect(files.upload('twice', { name: 'a', idempotencyKey: 'upload-1' })).rejects.toMatchObject({
      code: 'idempotency.key_reused',
    });
    expect(platform.stored()).toHaveLength(stored + 1);
  });

  it('is not read when there is nowhere to put it', async () => {
    const other = await openFilesPlatform({ NIGHTSHIFT_FILES_URL: '' });
    try {
      await expect(other.upload()).rejects.toMatchObject({ code: 'file.no_storage' });
      // The connection is good for the next request.
      expect((await other.gateway.call('GET', '/v1/types')).status).toBe(200);
    } finally {
      await other.close();
    }
  });
});

describe('a link', () => {
  it('gets the file for anybody, until it expires', async () => {
    const file = await platform.upload('linked');
    const link = await platform.gateway.client.files.link(file.id, { expiresIn: { minutes: 5 } });
    const response = await fetch(link.url, { headers: { range: 'bytes=0-3' } });
    expect([response.status, await response.text()]).toEqual([206, 'link']);
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const changed = link.token.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A'));
    expect(await codeOf(await fetch(`${url}/v1/public/files/${changed}`))).toBe('link.invalid');
    const { token } = await platform.gateway.client.files.link(file.id, { expiresIn: { seconds: 1 } });
    const expired = await waitFor(async () => {
      const answer = await fetch(`${url}/v1/public/files/${token}`);
      return answer.status === 410 ? answer : void (await answer.text());
    });
    expect(await codeOf(expired)).toBe('link.expired');
  });

  it('is for files alone, and for one that is there', async () => {
    const file = await platform.upload('linked');
    const { client } = platform.gateway;
    await client.workflows.save('idle', { workflow: 'idle', do: [{ a: { set: 1 } }] });
    await client.workflows.publish('idle');
    const { runId } = await client.runs.start('idle');
    const { token: ofProgress } = await client.progress.link(runId);
    expect(await codeOf(await fetch(`${url}/v1/public/files/${ofProgress}`))).toBe('link.invalid');
    const { token } = await client.files.link(file.id);
    expect(await codeOf(await fetch(`${url}/v1/public/progress/${token}`))).toBe('link.invalid');
    await client.files.delete(file.id);
    expect(await codeOf(await fetch(`${url}/v1/public/files/${token}`))).toBe('link.invalid');
    await expect(client.files.link(file.id)).rejects.toMatchObject({ code: 'file.not_found' });
    await expect(client.files.link(randomUUID(), { expiresIn: { days: 91 } })).rejects.toMatchObject({
      code: 'request.invalid',
    });
  });
});

it('sends no more of a file than its reader takes', async () => {
  const file = await platform.gateway.client.files.upload(randomBytes(MAX_BYTES));
  await new Promise<void>((resolve, reject) => {
    request(`${url}/v1/files/${file.id}`, { headers: { authorization } }, (response) => {
      response.once('data', () => response.destroy());
      response.once('close', resolve);
    })
      .once('error', reject)
      .end();
  });
  expect((await platform.gateway.client.files.info(file.id)).size).toBe(MAX_BYTES);
});
