// as: libs/workflow-core/src/canary.ts
// expects: no-restricted-syntax
export const later = async (): Promise<number> => 1;
