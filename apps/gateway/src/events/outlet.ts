import type { FrameCache } from './sse-frame.ts';

/** Where one client's events go. */
export interface Outlet {
  /**
   * Without an `id` the client's place stays what it was.
   * @param cache of the event, if others get it too
   */
  event(type: string, text: string, id: string | undefined, cache?: FrameCache): void;
  /** Tells the client its place without an event, and that the connection lives. */
  mark(id: string): void;
  /** Tells the client that events after the place `after` are lost to him, and his place now. */
  gap(after: string, id: string): void;
  /** Whether the client reads so slowly that it should be waited for. */
  readonly isFull: boolean;
  readonly isClosed: boolean;
  /** Resolves when the client has caught up, or has gone. */
  drained(): Promise<void>;
  /** After what was written. */
  end(): void;
  /** At once. The client goes on from its place, here or elsewhere. */
  cut(): void;
}
