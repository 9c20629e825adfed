export { TriggerConfigSchema, type TriggerConfig } from './config.ts';
export { connectTrigger, type ConnectedTrigger } from './connect-trigger.ts';
