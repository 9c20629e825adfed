// as: libs/workflow-core/src/canary.ts
// expects: @nx/enforce-module-boundaries
export { Client } from 'pg';
