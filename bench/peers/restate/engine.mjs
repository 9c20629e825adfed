import { createEndpointHandler, service } from '@restatedev/restate-sdk';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http2';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../free-port.ts';
import { serveEngine } from '../serve-engine.ts';

/** @typedef {import('./peer.ts').RestateEnvironment} RestateEnvironment */

const draw = () => Math.random();

const threeSteps = service({
  name: 'ThreeSteps',
  handlers: {
    /** @param {import('@restatedev/restate-sdk').Context} context */
    run: async (context) => {
      const first = await context.run('first', draw);
      const second = await context.run('second', draw);
      const third = await context.run('third', draw);
      return [first, second, third];
    },
  },
});

await serveEngine(async (/** @type {RestateEnvironment} */ environment) => {
  const handlersPort = await freePort();
  const handlers = createServer(createEndpointHandler({ services: [threeSteps] })).listen(handlersPort, '127.0.0.1');
  const server = await startServer(environment);

  await untilOk(() => fetch(`${server.adminUrl}/health`));
  await untilOk(() =>
    fetch(`${server.adminUrl}/deployments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ uri: `http://127.0.0.1:${handlersPort}` }),
    }),
  );
  const url = `${server.ingressUrl}/ThreeSteps/run`;
  await untilOk(() => fetch(url, { method: 'POST' }));

  return {
    url,
    close: async () => {
      await server.close();
      handlers.close();
    },
  };
});

/** @param {RestateEnvironment} environment */
async function startServer({ directory, port, partitions }) {
  const ingress = `127.0.0.1:${port ?? (await freePort())}`;
  const admin = `127.0.0.1:${await freePort()}`;
  const fabric = `127.0.0.1:${await freePort()}`;
  const configFile = join(directory, 'restate.toml');
  await writeFile(
    configFile,
    `node-name = "bench"
base-dir = ${JSON.stringify(join(directory, 'restate-data'))}
default-num-partitions = ${partitions}
listen-mode = "tcp"
bind-address = "${fabric}"
advertised-address = "http://${fabric}/"
log-filter = "warn"
disable-telemetry = true

[admin]
bind-address = "${admin}"

[ingress]
bind-address = "${ingress}"
`,
  );

  const program = createRequire(import.meta.url).resolve(
    `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`,
  );
  const server = spawn(program, ['--config-file', configFile, '--no-logo'], {
    cwd: directory,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Unhandled until `close`, so a server that ends by itself takes this process with it.
  let closing = false;
  const ended = once(server, 'exit').then(() => {
    if (!closing) throw new Error('the Restate server ended by itself');
  });
  return {
    ingressUrl: `http://${ingress}`,
    adminUrl: `http://${admin}`,
    close: async () => {
      closing = true;
      server.kill('SIGTERM');
      await ended;
    },
  };
}

/**
 * Whoever started this process bounds the time.
 *
 * @param {() => Promise<Response>} ask
 */
async function untilOk(ask) {
  for (;;) {
    const answer = await ask().catch(() => undefined);
    await answer?.text();
    if (answer?.ok) return;
    await sleep(100);
  }
}
