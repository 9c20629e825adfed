// as: apps/gateway/src/canary.ts
// expects: @nx/enforce-module-boundaries
export { nothing } from '@nightshift/data';
