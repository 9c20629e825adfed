import { shortJson } from './describe-event.ts';
import type { Tour } from './tour.ts';

interface SignedUp {
  user: string;
  isNew: boolean;
  welcomeAt: string;
}

/** The endpoint: the caller waits for what the workflow returns, and the workflow for the one that it calls. Answers with the user's id. */
export const signUp = async ({ client, screen }: Pick<Tour, 'client' | 'screen'>): Promise<string> => {
  screen.heading('First, somebody signs up: POST /wf/sign-up, answered when the run has ended');
  const email = `tourist-${Date.now()}@example.com`;
  const parameters = { name: 'Toni Tourist', email };
  screen.say(`sent      ${shortJson(parameters)}`);
  const startedAt = performance.now();
  const answer = await client.wf<SignedUp>('sign-up', parameters);
  screen.say(`answered  ${shortJson(answer)} after ${Math.round(performance.now() - startedAt)} ms`);
  const again = await client.wf<SignedUp>('sign-up', parameters);
  screen.say(`again     ${shortJson(again)}: check-email, which sign-up calls, knows the address by now`);
  return answer.user;
};
