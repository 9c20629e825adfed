// as: apps/gateway/src/canary.ts
// expects: @nx/enforce-module-boundaries
export { subjects } from '../../../libs/contracts/src/subjects.ts';
