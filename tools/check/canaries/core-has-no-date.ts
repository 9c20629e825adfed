// as: libs/workflow-core/src/canary.ts
// expects: no-restricted-syntax
export const now = (): Date => new Date();
