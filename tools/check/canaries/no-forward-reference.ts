// as: apps/gateway/src/canary.ts
// expects: no-restricted-imports
export { forwardRef } from '@nestjs/common';
