import type { Client } from '@nightshift/client';

/**
 * What is followed goes on over any gap, also over one at its beginning: whoever asks for it where nobody answers is told before.
 * @throws NightshiftError
 */
export const assertReachable = async (client: Client): Promise<void> => {
  await client.platform.whoami();
};
