// as: libs/workflow-core/src/canary.ts
// expects: @nx/enforce-module-boundaries
export { migrate } from '@nightshift/ledger';
