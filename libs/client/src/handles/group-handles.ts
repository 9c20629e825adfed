import type {
  ChainView,
  ControlledRuns,
  HoldView,
  ImportError,
  ImportView,
  ListChange,
  ListInfo,
  ListItem,
  Progress,
} from '@nightshift/contracts';
import type { makeChains } from '../parts/chains.ts';
import type { makeImports } from '../parts/imports.ts';
import type { ItemSearch, makeLists } from '../parts/lists.ts';
import type { StopOptions } from '../parts/runs.ts';
import type { Repeatable } from '../transport/http.ts';
import { untilEnd, watch, type ProgressPart, type WaitOptions } from './watch.ts';

/** Something that is made of many, and has one progress. It goes on whether somebody holds this or not. */
export interface GroupHandle<View> {
  readonly id: string;
  get(): Promise<View>;
  /** How far it is, then each time that this has changed, until the end. */
  progress(options?: { signal?: AbortSignal }): AsyncIterable<Progress>;
  /**
   * Resolves at its end with the last progress, which counts what succeeded and what failed.
   * @throws NightshiftUnavailable `client.timeout`, after which it goes on
   */
  done(options?: WaitOptions): Promise<Progress>;
}

export interface ListHandle extends GroupHandle<ListInfo> {
  /** Its items in order, page after page: `{ status: 'failed' }` for those that failed. */
  items(search?: Omit<ItemSearch, 'cursor'>): AsyncIterable<ListItem>;
  change(change: ListChange, options?: Repeatable): Promise<ListInfo>;
  pause(options?: { inFlight?: 'finish' | 'pause' } & Repeatable): Promise<ListInfo>;
  resume(options?: Repeatable): Promise<ListInfo>;
  cancel(options?: { inFlight?: 'finish' | 'cancel' } & Repeatable): Promise<ListInfo>;
  /** Failed items go on at the step that failed. */
  retryFailed(options?: Repeatable): Promise<ControlledRuns>;
}

export interface ChainHandle extends GroupHandle<ChainView> {
  pause(options?: StopOptions): Promise<HoldView>;
  resume(options?: Repeatable): Promise<void>;
  cancel(options?: StopOptions): Promise<ChainView>;
}

export interface ImportHandle extends GroupHandle<ImportView> {
  /** The rows that were refused, in order, page after page. */
  errors(): AsyncIterable<ImportError>;
}

export interface GroupHandleDeps {
  progress: ProgressPart;
  lists: Pick<
    ReturnType<typeof makeLists>,
    'get' | 'allItems' | 'change' | 'pause' | 'resume' | 'cancel' | 'retryFailed'
  >;
  chains: Pick<ReturnType<typeof makeChains>, 'get' | 'pause' | 'resume' | 'cancel'>;
  imports: Pick<ReturnType<typeof makeImports>, 'get' | 'allErrors'>;
}

export const makeGroupHandles = ({ progress, lists, chains, imports }: GroupHandleDeps) => {
  const group = <View>(id: string, get: (id: string) => Promise<View>): GroupHandle<View> => ({
    id,
    get: () => get(id),
    progress: (options) => watch(progress, id, options),
    done: async (options) => (await untilEnd(progress, id, options)) ?? progress.get(id),
  });
  return {
    list: (id: string): ListHandle => ({
      ...group(id, lists.get),
      items: (search) => lists.allItems(id, search),
      change: (change, options) => lists.change(id, change, options),
      pause: (options) => lists.pause(id, options),
      resume: (options) => lists.resume(id, options),
      cancel: (options) => lists.cancel(id, options),
      retryFailed: (options) => lists.retryFailed(id, options),
    }),
    /** By the id of its first run. */
    chain: (id: string): ChainHandle => ({
      ...group(id, chains.get),
      pause: (options) => chains.pause(id, options),
      resume: (options) => chains.resume(id, options),
      cancel: (options) => chains.cancel(id, options),
    }),
    import: (id: string): ImportHandle => ({
      ...group(id, imports.get),
      errors: () => imports.allErrors(id),
    }),
  };
};
