import { CHANGE_GAP, changeKinds, type ChangeEvent } from '@nightshift/contracts';

const kinds: ReadonlySet<unknown> = new Set(changeKinds);
const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** A message's payload as a change, or undefined if it is none. Looks only at what starting a run depends on. */
export const readChange = (payload: unknown): ChangeEvent | undefined => {
  if (!isObject(payload) || typeof payload.id !== 'string' || typeof payload.time !== 'string') return undefined;
  if (Number.isNaN(Date.parse(payload.time)) || !isObject(payload.data)) return undefined;
  const { type, kind, origin } = payload.data;
  const isChange = typeof type === 'string' && kinds.has(kind) && isObject(origin) && typeof origin.depth === 'number';
  return isChange ? (payload as unknown as ChangeEvent) : undefined;
};

/** Whether the message only says that changes are missing, which the data service has reported already. */
export const isGap = (payload: unknown): boolean => isObject(payload) && payload.type === CHANGE_GAP;
