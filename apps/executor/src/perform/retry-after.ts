/** `Retry-After` in milliseconds: seconds, or a date (RFC 9110, 10.2.3). Undefined for what is neither. */
export const retryAfter = (header: string | null): number | undefined => {
  if (header === null) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
};
