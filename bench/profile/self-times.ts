import { fileURLToPath } from 'node:url';
import { workspaceRoot } from '@nightshift/testing';

/** As V8 writes it; the parts that are used here. */
export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  /** Microseconds between a sample and the one before. */
  timeDeltas: number[];
}

export interface SelfTimes {
  /** Without the time in which there was nothing to do. */
  busyUs: number;
  /** Longest first. */
  functions: { name: string; us: number }[];
  /** Our files one by one, packages as a whole. Node and V8 are told apart by the package or file that they work for. */
  files: { name: string; us: number }[];
}

/**
 * The time that each function spent itself, without what it called. A function of Node or V8 says little by itself, so it is
 * counted for the nearest caller that is neither, as in `writev ← pg`; those that the event loop calls have none.
 */
export const selfTimes = ({ nodes, samples, timeDeltas }: CpuProfile): SelfTimes => {
  const nodeById = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));

  const describe = (id: number): { name: string; file: string } => {
    const { functionName, url, lineNumber } = nodeById.get(id)!.callFrame;
    const name = functionName || '(anonymous)';
    if (!isForeign(url)) return { name: `${name}  ${shortened(url)}:${lineNumber + 1}`, file: packageOf(url) };
    const place = url === '' ? name : `${name}  ${url}`;
    const caller = callerOf(id);
    if (caller === undefined) return { name: place, file: url === '' ? name : 'node' };
    return { name: `${place} ← ${caller}`, file: `node ← ${caller}` };
  };
  const callerOf = (id: number): string | undefined => {
    for (let parent = parents.get(id); parent !== undefined; parent = parents.get(parent)) {
      const { url } = nodeById.get(parent)!.callFrame;
      if (!isForeign(url)) return packageOf(url);
    }
    return undefined;
  };

  const described = new Map(nodes.map(({ id }) => [id, describe(id)]));
  const functions = new Map<string, number>();
  const files = new Map<string, number>();
  let busyUs = 0;
  samples.forEach((id, index) => {
    const { name, file } = described.get(id)!;
    if (name === '(idle)') return;
    // The time until the next sample was spent in what this one saw.
    const us = timeDeltas[index + 1] ?? 0;
    busyUs += us;
    functions.set(name, (functions.get(name) ?? 0) + us);
    files.set(file, (files.get(file) ?? 0) + us);
  });
  return { busyUs, functions: longestFirst(functions), files: longestFirst(files) };
};

const longestFirst = (times: Map<string, number>): { name: string; us: number }[] =>
  [...times].map(([name, us]) => ({ name, us })).sort((one, other) => other.us - one.us);

/** Of Node, or of V8 itself, which names no file. */
const isForeign = (url: string): boolean => url === '' || url.startsWith('node:');

const shortened = (url: string): string =>
  (url.startsWith('file:') ? fileURLToPath(url) : url).replace(`${workspaceRoot}/`, '');

const packageOf = (url: string): string => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? shortened(url);
