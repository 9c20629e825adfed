// as: libs/workflow-core/src/canary.ts
// expects: no-restricted-syntax
export const now = (): number => Date.now();
