/** What came of one look. */
export interface Finding {
  check: string;
  verdict: 'ok' | 'warn' | 'fail';
  detail: string;
  /** What to do; absent if nothing is to be done. */
  advice?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, verdict: 'ok', detail });
export const warn = (check: string, detail: string, advice: string): Finding => ({
  check,
  verdict: 'warn',
  detail,
  advice,
});
export const fail = (check: string, detail: string, advice: string): Finding => ({
  check,
  verdict: 'fail',
  detail,
  advice,
});
