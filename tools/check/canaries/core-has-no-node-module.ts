// as: libs/workflow-core/src/canary.ts
// expects: no-restricted-syntax
export { randomUUID } from 'node:crypto';
