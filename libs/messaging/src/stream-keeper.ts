import {
  DiscardPolicy,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { StreamDeclaration } from '@nightshift/contracts';
import { isStreamDifferent, isStreamMissing } from './api-errors.ts';

/**
 * Remembers which streams there must be and puts them in place. Creation is idempotent on the server, so any number of
 * processes may do it at the same time.
 */
export interface StreamKeeper {
  /** Puts these in place, and remembers them. */
  ensure(declarations: readonly StreamDeclaration[]): Promise<void>;
  /** Puts all remembered ones in place. */
  restore(): Promise<void>;
}

const toConfig = (declaration: StreamDeclaration, replicas: number) => ({
  name: declaration.name,
  subjects: [...declaration.subjects],
  retention: declaration.retention === 'workqueue' ? RetentionPolicy.Workqueue : RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_age: nanos(declaration.maxAgeMs),
  duplicate_window: nanos(declaration.duplicateWindowMs),
  num_replicas: replicas,
});

const isAsDeclared = (actual: StreamConfig, wanted: ReturnType<typeof toConfig>): boolean =>
  actual.max_age === wanted.max_age &&
  actual.duplicate_window === wanted.duplicate_window &&
  actual.num_replicas === wanted.num_replicas &&
  actual.subjects?.join() === wanted.subjects.join();

type Ask = <T>(call: (manager: JetStreamManager) => Promise<T>) => Promise<T>;

export const makeStreamKeeper = (ask: Ask, replicas: number): StreamKeeper => {
  const known = new Map<string, StreamDeclaration>();

  const put = async (declaration: StreamDeclaration): Promise<void> => {
    const wanted = toConfig(declaration, replicas);
    const actual = await ask((manager) => manager.streams.info(wanted.name)).catch((error: unknown) => {
      if (isStreamMissing(error)) return undefined;
      throw error;
    });
    if (actual !== undefined) {
      if (!isAsDeclared(actual.config, wanted)) await ask((manager) => manager.streams.update(wanted.name, wanted));
      return;
    }
    await ask((manager) => manager.streams.add(wanted)).catch((error: unknown) => {
      // Another process was quicker, with another release's declaration: the next restore corrects it.
      if (isStreamDifferent(error)) return;
      throw error;
    });
  };

  return {
    ensure: async (declarations) => {
      for (const declaration of declarations) known.set(declaration.name, declaration);
      await Promise.all(declarations.map(put));
    },
    restore: async () => {
      await Promise.all([...known.values()].map(put));
    },
  };
};
