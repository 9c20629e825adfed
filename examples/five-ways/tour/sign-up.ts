import { shortJson } from './describe-event.ts';
import type { Tour } from './tour.ts';

/** The endpoint: the caller waits for what the workflow returns, and the workflow for the one that it calls. Answers with the user's id. */
export const signUp = async ({ client, screen }: Pick<Tour, 'client' | 'screen'>): Promise<string> => {
  screen.heading('First, somebody signs up: POST /wf/sign-up, answered when the run has ended');
  const parameters = { name: 'Toni Tourist', email: `tourist-${Date.now()}@example.com` };
  screen.say(`sent      ${shortJson(parameters)}`);
  const startedAt = performance.now();
  const answer = await client.wf('sign-up', parameters);
  screen.say(`answered  ${shortJson(answer)} after ${Math.round(performance.now() - startedAt)} ms`);
  const again = await client.wf('sign-up', parameters);
  screen.say(`again     ${shortJson(again)}: check-email, which sign-up calls, knows the address by now`);
  if (answer.user === undefined) throw new Error(`Nobody was signed up as ${parameters.email}`);
  return answer.user;
};
