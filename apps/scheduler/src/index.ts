export { SchedulerConfigSchema, type SchedulerConfig } from './config.ts';
export { connectScheduler } from './connect-scheduler.ts';
