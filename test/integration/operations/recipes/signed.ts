import { createHmac } from 'node:crypto';
import type { Ask } from '../recipe.ts';
import { SIGNING_SECRET, type World } from '../world.ts';

/** A request of the source `shop`, signed as GitHub does. */
export const signed = (fresh: World['fresh'], body: object): Ask => {
  const data = JSON.stringify(body);
  const signature = createHmac('sha256', SIGNING_SECRET).update(data).digest('hex');
  return {
    headers: {
      'x-hub-signature-256': `sha256=${signature}`,
      'x-github-delivery': fresh('delivery'),
      'x-github-event': 'issues',
    },
    content: { type: 'application/json', data },
  };
};
