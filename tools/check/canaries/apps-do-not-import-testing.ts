// as: apps/gateway/src/canary.ts
// expects: @nx/enforce-module-boundaries
export { startCluster } from '@nightshift/testing';
