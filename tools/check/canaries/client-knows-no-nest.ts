// as: libs/client/src/canary.ts
// expects: @nx/enforce-module-boundaries
export { Module } from '@nestjs/common';
