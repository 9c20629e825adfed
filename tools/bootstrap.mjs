/**
 * The first command after a clone: `node tools/bootstrap.mjs <tool.ts> [arguments]`. It runs on any Node from 20 on
 * and needs no package. It installs the dependencies if they are missing or out of date, and runs the tool on the
 * Node 24 that came with them. Signals are passed on, the exit code is the tool's, and neither outlives the other.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const node = join(root, 'node_modules', 'node', 'bin', 'node');

const packagesOf = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).packages;

/**
 * Whether every package that the lock file demands is there in its version. npm notes what it installed in a hidden
 * lock file, as its last act: no such file, no complete installation. Optional packages are those of other machines.
 */
const isInstalled = () => {
  if (!existsSync(node) || !existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = packagesOf('node_modules/.package-lock.json');
  return Object.entries(packagesOf('package-lock.json'))
    .filter(([path, wanted]) => path.includes('node_modules/') && !wanted.optional && !wanted.link)
    .every(([path, wanted]) => installed[path]?.version === wanted.version);
};

const fail = (message) => {
  console.error(`\n${message}`);
  process.exit(1);
};

const install = () => {
  console.log('» dependencies are missing or out of date: npm ci (a minute or two at the first time)');
  const startedAt = Date.now();
  const npm = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: root, stdio: 'inherit' });
  if (npm.error !== undefined)
    fail(`npm could not be started (${npm.error.message}): install Node 20 or newer with npm.`);
  if (npm.signal !== null) process.exit(130);
  if (npm.status !== 0) {
    fail(
      `npm ci failed with exit code ${npm.status}; its message is above. Check the network, the proxy settings and the ` +
        'free disk space, and run the same command again.',
    );
  }
  if (!existsSync(node)) {
    fail(
      `npm ci ran, but ${node} is missing. It is put there by an install script: if npm is configured with ` +
        'ignore-scripts, set it to false (npm config set ignore-scripts false) and run the same command again.',
    );
  }
  console.log(`✓ dependencies (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
};

/** Started by npm, we end when npm does; npm may be killed in a way that it cannot pass on. */
const followNpm = (tool) => {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) tool.kill('SIGTERM');
  }, 1000).unref();
};

const run = (args) => {
  const options = ['--conditions=source', '--enable-source-maps', '--disable-warning=ExperimentalWarning'];
  // The channel tells the tool that we are gone; a tool that must not outlive us listens for `disconnect`.
  const tool = spawn(node, [...options, ...args], { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => tool.kill(name));
  followNpm(tool);
  tool.on('error', (error) => fail(`${node} could not be started: ${error.message}`));
  tool.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
};

const [major] = process.versions.node.split('.').map(Number);
if (major < 20) fail(`Node 20 or newer is needed to begin with; this is ${process.version}.`);
if (process.argv[2] === undefined) fail('usage: node tools/bootstrap.mjs <tool.ts> [arguments]');
if (!isInstalled()) install();
run([join(root, process.argv[2]), ...process.argv.slice(3)]);
