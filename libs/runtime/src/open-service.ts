import type { DynamicModule, NestApplicationOptions, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { makeHealthModule, type ReadinessCheck } from './health.ts';
import type { Logger } from './logger.ts';
import { makeNestLogger } from './nest-logger.ts';

export interface ServiceOptions {
  /** As in logs and `/metrics`. */
  name: string;
  module: Type | DynamicModule;
  config: { NIGHTSHIFT_HTTP_PORT: number; NIGHTSHIFT_HTTP_HOST: string };
  logger: Logger;
  /** Message handlers begin once HTTP listens, and end before everything else does. */
  strategy?: CustomTransportStrategy;
  /** What `/readyz` looks at, besides whether the service has started and is not ending. */
  checks?: readonly ReadinessCheck[];
  /** Absent: a plain one. */
  adapter?: FastifyAdapter;
  nestOptions?: Omit<NestApplicationOptions, 'logger' | 'abortOnError'>;
  /** Called with the application before it listens: hooks, parsers, global filters. */
  prepare?: (app: NestFastifyApplication) => unknown;
  /** Where the app's own metrics are registered. Default metrics are added to it. */
  metrics?: Registry;
  /** Closed one after the other when no handler runs any more: leadership, bus, database. */
  closeLast?: readonly (() => unknown)[];
}

export interface OpenService {
  readonly app: NestFastifyApplication;
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Not ready first, then no new work, then what is in hand, then the connections. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a service without touching the process that it runs in: no signal handlers, no exits. Tests use it as it is, `startService`
 * puts it into a process of its own.
 */
export const openService = async (options: ServiceOptions): Promise<OpenService> => {
  const { name, module, config, logger, strategy, checks = [], closeLast = [] } = options;
  const startedAt = performance.now();
  const metrics = options.metrics ?? new Registry();
  metrics.setDefaultLabels({ app: name });
  collectDefaultMetrics({ register: metrics });

  let phase: 'starting' | 'running' | 'ending' = 'starting';
  const health = makeHealthModule({
    checks: [{ name: 'service', check: () => phase === 'running' }, ...checks],
    metrics,
    logger,
  });

  class ServiceModule {}
  const root: DynamicModule = { module: ServiceModule, imports: [health, module] };
  const app = await NestFactory.create<NestFastifyApplication>(root, options.adapter ?? new FastifyAdapter(), {
    ...options.nestOptions,
    logger: makeNestLogger(logger),
    abortOnError: false,
  });

  const closeAll = async (): Promise<void> => {
    phase = 'ending';
    await strategy?.close();
    await app.close();
    for (const closeOne of closeLast) await closeOne();
    metrics.clear();
  };

  try {
    if (strategy !== undefined) app.connectMicroservice({ strategy }, { inheritAppConfig: false });
    await options.prepare?.(app);
    await app.listen(config.NIGHTSHIFT_HTTP_PORT, config.NIGHTSHIFT_HTTP_HOST);
    if (strategy !== undefined) await app.startAllMicroservices();
  } catch (error) {
    await closeAll().catch(() => {});
    throw error;
  }
  phase = 'running';

  const url = await app.getUrl();
  logger.info({ url, tookMs: Math.round(performance.now() - startedAt) }, 'service started');
  let closing: Promise<void> | undefined;
  return { app, url, close: () => (closing ??= closeAll()) };
};
