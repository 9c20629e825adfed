import { DBOS } from '@dbos-inc/dbos-sdk';
import { serveEngine, serveRuns } from '../serve-engine.ts';

const draw = () => Promise.resolve(Math.random());

const threeSteps = DBOS.registerWorkflow(
  async () => {
    const first = await DBOS.runStep(draw, { name: 'first' });
    const second = await DBOS.runStep(draw, { name: 'second' });
    const third = await DBOS.runStep(draw, { name: 'third' });
    return [first, second, third];
  },
  { name: 'threeSteps' },
);

await serveEngine(async ({ databaseUrl, port }) => {
  DBOS.setConfig({ name: 'three-steps', systemDatabaseUrl: databaseUrl, logLevel: 'warn' });
  await DBOS.launch();
  const service = await serveRuns(threeSteps, port);
  return {
    url: service.url,
    close: async () => {
      await service.close();
      await DBOS.shutdown();
    },
  };
});
