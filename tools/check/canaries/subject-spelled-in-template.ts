// as: apps/trigger/src/canary.ts
// expects: no-restricted-syntax
export const subject = (type: string): string => `ns.change.${type}`;
