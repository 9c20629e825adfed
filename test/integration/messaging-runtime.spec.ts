import { Module } from '@nestjs/common';
import { holdLeadership, makeLogger, openService, type Leadership } from '@nightshift/runtime';
import { freePort, startPostgres, waitFor, type Postgres } from '@nightshift/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

describe('leadership', () => {
  let directory: string;
  let postgres: Postgres;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'nightshift-leadership-'));
    postgres = await startPostgres({ directory, port: await freePort() });
  });

  afterAll(async () => {
    await postgres.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const candidate = (name: string, who: string, said: string[]): Leadership =>
    holdLeadership({
      connectionString: postgres.url,
      name,
      onGained: async () => void said.push(`${who} gained`),
      onLost: () => void said.push(`${who} lost`),
    });

  it('belongs to one, and goes over when that one leaves', async () => {
    const said: string[] = [];
    const first = candidate('relay', 'first', said);
    await waitFor(() => first.isLeader);
    const second = candidate('relay', 'second', said);
    const stranger = candidate('other', 'stranger', said);
    await waitFor(() => stranger.isLeader);
    expect(second.isLeader).toBe(false);
    await first.close();
    await waitFor(() => second.isLeader, { timeoutMs: 2_000 });
    await Promise.all([second.close(), stranger.close()]);
    expect(said.filter((line) => !line.startsWith('stranger'))).toEqual([
      'first gained',
      'first lost',
      'second gained',
      'second lost',
    ]);
  });

  it('closes a standby that is still waiting', async () => {
    const said: string[] = [];
    const first = candidate('waiting', 'first', said);
    await waitFor(() => first.isLeader);
    const second = candidate('waiting', 'second', said);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await second.close();
    await first.close();
    expect(said).toEqual(['first gained', 'first lost']);
  });

  it('is lost with the database, and sought again', async () => {
    const said: string[] = [];
    const only = candidate('lasting', 'only', said);
    await waitFor(() => only.isLeader);
    await postgres.kill();
    await waitFor(() => !only.isLeader);
    await postgres.restart();
    await waitFor(() => only.isLeader, { timeoutMs: 20_000 });
    await only.close();
    expect(said).toEqual(['only gained', 'only lost', 'only gained', 'only lost']);
  });

  it('is given back when it cannot be used', async () => {
    let attempts = 0;
    const clumsy = holdLeadership({
      connectionString: postgres.url,
      name: 'clumsy',
      onGained: async () => {
        if (++attempts === 1) throw new Error('not yet');
      },
      onLost: () => {},
    });
    await waitFor(() => attempts === 2 && clumsy.isLeader);
    await clumsy.close();
  });
});

describe('a service', () => {
  it('tells whether it is alive, ready, and how it is doing', async () => {
    let isReady = false;
    const closed: string[] = [];
    class App {}
    Module({})(App);
    const service = await openService({
      name: 'test',
      module: App,
      config: { NIGHTSHIFT_HTTP_PORT: 0, NIGHTSHIFT_HTTP_HOST: '127.0.0.1' },
      logger: makeLogger({ app: 'test', level: 'silent' }),
      checks: [
        { name: 'database', check: () => isReady },
        { name: 'bus', check: async () => Promise.reject(new Error('away')) },
        { name: 'fine', check: () => {} },
      ],
      closeLast: [() => closed.push('bus'), () => closed.push('database')],
    });
    const get = (path: string) => fetch(new URL(path, service.url));
    expect(await (await get('/healthz')).json()).toEqual({ status: 'alive' });
    const notReady = await get('/readyz');
    expect([notReady.status, await notReady.json()]).toEqual([
      503,
      { status: 'not ready', failed: ['database', 'bus'] },
    ]);
    isReady = true;
    expect(await (await get('/readyz')).json()).toEqual({ status: 'not ready', failed: ['bus'] });
    const metrics = await get('/metrics');
    expect(metrics.headers.get('content-type')).toContain('text/plain');
    expect(await metrics.text()).toMatch(/process_resident_memory_bytes\{app="test"\} \d+/);
    await service.close();
    expect(closed).toEqual(['bus', 'database']);
    await expect(get('/healthz')).rejects.toThrow();
  });
});
