import { relative } from 'node:path';
import { adminKeyFile, natsSubscriberFile } from './secrets.ts';
import type { PlatformUrls } from './platform.ts';

export interface WelcomeOptions {
  urls: PlatformUrls;
  directory: string;
  tookSeconds: number;
}

/** What a newcomer needs next: where things are, and three commands to paste. */
export const welcome = ({ urls, directory, tookSeconds }: WelcomeOptions): string => {
  const here = (path: string): string => {
    const short = relative(process.cwd(), path);
    return short.startsWith('..') ? path : short;
  };
  const keyFile = here(adminKeyFile(directory));
  return `
Nightshift is ready (${tookSeconds.toFixed(1)} s).

  gateway      ${urls.gateway}   (API description: ${urls.gateway}/openapi.json)
  admin key    ${keyFile}
  Postgres     ${urls.database}
  NATS         ${here(natsSubscriberFile(directory))}   (the URL of a user who may listen to ns.run.>, and nothing else)
  logs         ${here(directory)}/logs/

Try, in another terminal:

  npm run tour
  curl -H "Authorization: Bearer $(cat ${keyFile})" -H 'content-type: application/json' \\
    -d '{"parameters":{"name":"you"}}' '${urls.gateway}/v1/workflows/hello/runs?wait=10s'
  psql '${urls.database}' -c "update users set plan = 'pro' where plan = 'free'"

The last one starts a run of the workflow user-upgraded for every user that it changes.
Ctrl-C stops everything; the data stays in ${here(directory)}/.
`;
};
