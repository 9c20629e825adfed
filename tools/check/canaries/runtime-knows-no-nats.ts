// as: libs/runtime/src/canary.ts
// expects: @nx/enforce-module-boundaries
export { connect } from '@nats-io/transport-node';
