// as: apps/executor/src/canary.ts
// expects: no-restricted-syntax
export const level = process.env.NIGHTSHIFT_LOG_LEVEL;
