// as: libs/messaging/src/canary.ts
// expects: no-restricted-syntax
export const subject = 'ns.dispatch.run';
