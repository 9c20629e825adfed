import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openCommandLine, type CommandLine } from './nightshift-process.ts';
import { openTestPlatform, type TestPlatform } from './test-platform.ts';

// Every command is a process of its own, and starts slowly where many do.
vi.setConfig({ testTimeout: 120_000 });

let platform: TestPlatform;
/** Without a platform in its environment. */
let cli: CommandLine;

beforeAll(async () => {
  platform = await openTestPlatform({ executors: 0 });
});
afterAll(() => platform?.close());
beforeEach(() => {
  cli = openCommandLine();
});
afterEach(() => cli.close());

const configFile = () => join(cli.folder, '.config/nightshift/config.json');
const login = (...more: string[]) =>
  cli.runWith({ input: `${platform.adminKey}\n` }, 'login', '--url', `${platform.url}/`, ...more);

describe('nightshift login', () => {
  it('keeps a key that was piped in, for nobody else to read, and shows it nowhere', async () => {
    const piped = { input: `${platform.adminKey}\n` };
    const { code, out, error } = await cli.start(piped, 'login', '--url', `${platform.url}/`).ended;
    expect(code, error).toBe(0);
    expect(out).toContain(`Logged in to ${platform.url}/ as admin, role admin`);
    expect(out + error).not.toContain(platform.adminKey);
    expect(statSync(configFile()).mode & 0o777).toBe(0o600);
    expect(statSync(join(configFile(), '..')).mode & 0o777).toBe(0o700);
    const who = await cli.run('whoami');
    expect(who.out).toMatch(/^key admin, role admin\nat \S+ \(from context 127\.0\.0\.1:\d+\), version 0\.1\.0\n$/);
  });

  it('keeps no key that the gateway does not know', async () => {
    const wrong = await cli.runWith({ input: 'some-other-key-0123456789' }, 'login', '--url', platform.url);
    expect(wrong).toMatchObject({ code: 2, error: expect.stringContaining('does not know this key') as string });
    expect(() => statSync(configFile())).toThrow();
    expect(await cli.runWith({ input: '' }, 'login', '--url', platform.url)).toMatchObject({ code: 2 });
  });

  it('keeps several, of which one is in use', async () => {
    await login('--name', 'one');
    await login('--name', 'two');
    const names = async () =>
      (await cli.json<{ name: string; isCurrent: boolean }[]>('context', 'list')).map(({ name, isCurrent }) =>
        isCurrent ? `*${name}` : name,
      );
    expect(await names()).toEqual(['one', '*two']);
    await cli.run('context', 'use', 'one');
    expect(await names()).toEqual(['*one', 'two']);
    expect((await cli.run('whoami', '--context', 'two')).out).toContain('from context two');
    expect(await cli.run('context', 'use', 'three')).toMatchObject({ code: 2 });
    await cli.run('logout');
    expect(await names()).toEqual(['two']);
    expect(readFileSync(configFile(), 'utf8')).not.toContain('"one"');
  });
});

describe('the platform that is meant', () => {
  it('is said by options, then the environment, then the folder, then the context in use', async () => {
    await login('--name', 'kept');
    const from = async (env: Record<string, string> = {}, ...args: string[]) =>
      (await cli.runWith({ env }, 'whoami', ...args)).out.match(/\(from (.*)\)/)?.[1];
    expect(await from()).toBe('context kept');
    mkdirSync(join(cli.folder, '.nightshift'));
    writeFileSync(join(cli.folder, '.nightshift/admin.key'), `${platform.adminKey}\n`);
    const local = { NIGHTSHIFT_PORT: new URL(platform.url).port };
    expect(await from(local)).toBe('the folder .nightshift');
    const named = { ...local, NIGHTSHIFT_URL: platform.url, NIGHTSHIFT_KEY: platform.adminKey };
    expect(await from(named)).toBe('NIGHTSHIFT_URL');
    expect(await from({ ...named, NIGHTSHIFT_URL: 'http://127.0.0.1:1' }, '--url', platform.url)).toBe('--url');
  });

  it('is sent no key that is kept for another', async () => {
    await login('--name', 'kept');
    const seen: (string | undefined)[] = [];
    const stranger = createServer(({ headers }, response) => {
      seen.push(headers.authorization);
      response
        .writeHead(401, { 'content-type': 'application/problem+json' })
        .end('{"code":"auth.missing_key","status":401,"title":"No key"}');
    }).listen(0);
    try {
      const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
      const { code, error } = await cli.run('whoami', '--url', url);
      expect([code, seen]).toEqual([2, [undefined]]);
      expect(error).toContain(`→ Log in: nightshift login --url ${url}`);
      await cli.runWith(
        { env: { NIGHTSHIFT_URL: platform.url, NIGHTSHIFT_KEY: 'k'.repeat(30) } },
        'whoami',
        '--url',
        url,
      );
      expect(seen).toEqual([undefined, undefined]);
    } finally {
      stranger.close();
    }
  });

  it('does not answer: ends with 4, and says where it looked and what to do', async () => {
    const { code, error } = await cli.run('runs', '--url', 'http://127.0.0.1:1', '--key', 'x');
    expect(code).toBe(4);
    expect(error).toMatch(
      /✗ Nightshift does not answer at http:\/\/127\.0\.0\.1:1 \(from --url\): .+\n→ Is it running\? npm start/,
    );
    expect(await cli.run('runs', '--url', 'nowhere')).toMatchObject({ code: 2 });
  });
});

describe('GET /v1/whoami', () => {
  it('is for whoever shows the right credentials', async () => {
    const ask = (authorization?: string) =>
      fetch(`${platform.url}/v1/whoami`, { headers: authorization === undefined ? {} : { authorization } });
    expect(await (await ask(`Bearer ${platform.adminKey}`)).json()).toMatchObject({
      caller: { name: 'admin' },
      role: 'admin',
    });
    expect(await (await ask()).json()).toMatchObject({ code: 'auth.missing_key' });
    expect(await (await ask('Bearer wrong')).json()).toMatchObject({ code: 'auth.wrong_key' });
  });
});

describe('commands', () => {
  it('are completed by shells', async () => {
    const completed = async (...args: string[]) => (await cli.start({}, ...args).ended).out;
    await Promise.all([
      ...['bash', 'zsh', 'fish'].map(async (shell) => {
        expect(await completed('completion', shell)).toContain('nightshift');
      }),
      expect(completed('complete', '--', 'sched')).resolves.toContain('schedules'),
      expect(completed('complete', '--', 'lists', 're')).resolves.toMatch(/resume[\s\S]*retry-failed/),
      expect(completed('complete', '--', 'run', '--wa')).resolves.toMatch(/--wait[\s\S]*--watch/),
    ]);
  });

  it('that nobody knows are answered with the nearest one', async () => {
    expect(await cli.run('shcedules')).toMatchObject({
      code: 2,
      error: expect.stringContaining('Did you mean schedules?') as string,
    });
  });
});
