import type { World } from './world.ts';

/** A request that an operation takes as it is meant to be asked. */
export interface Ask {
  /** What stands in the braces of its path. */
  path?: Readonly<Record<string, string | number>>;
  query?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
  /** As JSON. */
  body?: unknown;
  /** A body of another kind. */
  content?: { type?: string; data: string | FormData };
  /** What it is answered with; the first that the document names below 300 if absent. */
  status?: number;
}

/** How an operation is asked for in the world of the walk. Called for each request: what a request uses up is made anew. */
export type Recipe = (world: World) => Ask | Promise<Ask>;

/** Operations that nothing needs to be said for. */
export const plain: Recipe = () => ({});
