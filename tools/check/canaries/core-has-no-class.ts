// as: libs/workflow-core/src/canary.ts
// expects: no-restricted-syntax
export class Canary {}
