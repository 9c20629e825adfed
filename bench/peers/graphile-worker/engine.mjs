import { Logger, run } from 'graphile-worker';
import { serveEngine, serveRuns } from '../serve-engine.ts';

/** @type {Map<number, (values: number[]) => void>} */
const waiting = new Map();

/** @type {import('graphile-worker').Task} */
const drawThree = (payload) => {
  const { request } = /** @type {{ request: number }} */ (payload);
  waiting.get(request)?.([Math.random(), Math.random(), Math.random()]);
  waiting.delete(request);
};

await serveEngine(async ({ databaseUrl, port }) => {
  const runner = await run({
    preset: {
      worker: {
        connectionString: databaseUrl,
        concurrentJobs: 24,
        maxPoolSize: 25,
        localQueue: { size: 500 },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
    taskList: { drawThree },
    parsedCronItems: [],
    noHandleSignals: true,
    // A line per job would be measured with it.
    logger: new Logger(() => () => undefined),
  });
  let requests = 0;
  const service = await serveRuns(async () => {
    const request = (requests += 1);
    /** @type {Promise<number[]>} */
    const values = new Promise((resolve) => waiting.set(request, resolve));
    await runner.addJob('drawThree', { request });
    return values;
  }, port);
  return {
    url: service.url,
    close: async () => {
      await service.close();
      await runner.stop();
    },
  };
});
