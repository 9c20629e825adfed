// as: libs/workflow-core/src/canary.ts
// expects: no-restricted-syntax
export const dice = (): number => Math.random();
