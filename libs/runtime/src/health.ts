import { Controller, Get, Header, Inject, Module, Res, type DynamicModule } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import type { Registry } from 'prom-client';
import type { Logger } from './logger.ts';

/** Something that must hold for a service to take requests: rejects, or resolves to false, while it does not. */
export interface ReadinessCheck {
  name: string;
  check: () => unknown;
}

export interface HealthOptions {
  checks: readonly ReadinessCheck[];
  metrics: Registry;
  logger: Logger;
}

const HEALTH = Symbol('health');
/** A check that takes longer has failed. Orchestrators ask every few seconds and give up after one or two. */
const CHECK_TIMEOUT_MS = 1_500;

const holds = async ({ check }: ReadinessCheck): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the check takes too long')), CHECK_TIMEOUT_MS);
  });
  try {
    return (await Promise.race([check(), late])) !== false;
  } finally {
    clearTimeout(timer);
  }
};

/** Names of the checks that fail. */
const findFailed = async ({ checks, logger }: HealthOptions): Promise<string[]> => {
  const results = await Promise.all(
    checks.map((check) =>
      holds(check).catch((error: unknown) => {
        logger.debug({ err: error, check: check.name }, 'not ready');
        return false;
      }),
    ),
  );
  return checks.filter((_check, index) => !results[index]).map(({ name }) => name);
};

/** What orchestrators and Prometheus ask; outside of `/v1`, without authentication, so it tells names and nothing more. */
@Controller()
class HealthController {
  readonly #options: HealthOptions;

  constructor(@Inject(HEALTH) options: HealthOptions) {
    this.#options = options;
  }

  /** The process is alive. */
  @Get('healthz')
  healthz(): { status: 'alive' } {
    return { status: 'alive' };
  }

  /** 200 when the service takes requests; 503 with the names of the checks that fail. */
  @Get('readyz')
  async readyz(@Res({ passthrough: true }) reply: FastifyReply): Promise<{ status: string; failed: string[] }> {
    const failed = await findFailed(this.#options);
    void reply.status(failed.length === 0 ? 200 : 503);
    return { status: failed.length === 0 ? 'ready' : 'not ready', failed };
  }

  /** Prometheus text. */
  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): Promise<string> {
    return this.#options.metrics.metrics();
  }
}

@Module({})
class HealthModule {}

/** `GET /healthz`, `/readyz` and `/metrics`. */
export const makeHealthModule = (options: HealthOptions): DynamicModule => ({
  module: HealthModule,
  controllers: [HealthController],
  providers: [{ provide: HEALTH, useValue: options }],
});
