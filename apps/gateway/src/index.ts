export { GatewayConfigSchema, type GatewayConfig } from './config.ts';
export { connectGateway } from './connect-gateway.ts';
