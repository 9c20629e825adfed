export { commonConfig, CommonConfigSchema } from './common-config.ts';
export { makeHealthModule, type HealthOptions, type ReadinessCheck } from './health.ts';
export { holdLeadership, type Leadership, type LeadershipOptions } from './leadership.ts';
export { makeLogger, type Logger } from './logger.ts';
export { makeNestLogger } from './nest-logger.ts';
export { openService, type OpenService, type ServiceOptions } from './open-service.ts';
export { readConfig } from './read-config.ts';
export { runMain } from './run-main.ts';
export { startService } from './start-service.ts';
