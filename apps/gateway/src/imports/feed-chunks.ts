import type { AppliedChunk, BegunImport, ImportChunk } from '@nightshift/contracts';
import type { AskImports } from './ask-imports.ts';
import type { Chunk } from './cut-chunks.ts';

export interface FedChunks {
  chunks: number;
  /** A row was refused that ends the import. */
  isStopped: boolean;
}

/**
 * Has the chunks applied, some at the same time; takes the next one only when there is room for it, and so holds up whoever sends them.
 * Whatever it throws, nothing is under way any more. `onFed` is told how many have been handed on.
 */
export const feedChunks = async (
  ask: AskImports,
  importId: string,
  { inFlight }: BegunImport,
  chunks: AsyncIterable<Chunk>,
  onFed: (count: number) => void,
): Promise<FedChunks> => {
  const underWay = new Set<Promise<void>>();
  let failure: { error: unknown } | undefined;
  let isStopped = false;
  let count = 0;
  const send = (chunk: Chunk): void => {
    const request: ImportChunk = { action: 'chunk', importId, number: count++, ...chunk };
    const sending = ask<AppliedChunk>(request)
      .then(
        (applied) => void (isStopped ||= applied.isStopped),
        (error: unknown) => void (failure ??= { error }),
      )
      .finally(() => underWay.delete(sending));
    underWay.add(sending);
    onFed(count);
  };
  try {
    for await (const chunk of chunks) {
      if (underWay.size >= inFlight) await Promise.race(underWay);
      if (failure !== undefined || isStopped) break;
      send(chunk);
    }
  } finally {
    await Promise.all(underWay);
  }
  if (failure !== undefined) throw failure.error;
  return { chunks: count, isStopped };
};
