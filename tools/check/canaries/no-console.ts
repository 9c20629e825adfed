// as: apps/gateway/src/canary.ts
// expects: no-console
console.log('a log line that no field describes');
