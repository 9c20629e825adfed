// as: apps/executor/src/canary.ts
// expects: @nx/enforce-module-boundaries
export { DataSource } from 'typeorm';
