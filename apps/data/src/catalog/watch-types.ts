import { listen } from '../database/listen.ts';

/** What the transaction that declares a type notifies. */
export const TYPES_CHANGED = 'nightshift_types';

export interface WatchTypesOptions {
  url: string;
  /** Types may have changed: somebody said so, or the connection was away and nobody could. */
  onChanged: () => void;
}

/** Listens on a connection of its own until closed; reconnects for ever. */
export const watchTypes = ({ url, onChanged }: WatchTypesOptions): { close(): Promise<void> } =>
  listen({ url, channel: TYPES_CHANGED, applicationName: 'nightshift data types', onNotified: onChanged });
