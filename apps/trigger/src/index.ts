export { TriggerConfigSchema, type TriggerConfig } from './config.ts';
export { matchChange } from './changes/match-change.ts';
export { makeTriggerIndex } from './triggers/trigger-index.ts';
export { connectTrigger, type ConnectedTrigger } from './connect-trigger.ts';
