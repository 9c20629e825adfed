// as: libs/contracts/src/canary.ts
// expects: no-restricted-syntax
export * from './subjects.ts';
