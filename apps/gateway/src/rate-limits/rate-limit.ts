import { Type } from 'typebox';

/** How often something may be asked for: in every stretch of so many seconds at most so many times. */
export interface RateLimit {
  requests: number;
  perSeconds: number;
}

/** As settings write it: `100/60`; nothing: no limit. */
export const rateLimitSetting = (byDefault: string) =>
  Type.String({ pattern: '^([1-9]\\d{0,8}/[1-9]\\d{0,4})?$', default: byDefault });

export const readRateLimit = (text: string): RateLimit | null => {
  if (text === '') return null;
  const [requests, perSeconds] = text.split('/').map(Number);
  return { requests: requests!, perSeconds: perSeconds! };
};
