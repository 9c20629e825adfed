import { RecurrenceSearchSchema } from '../recurrence.ts';
import { get } from './operation.ts';

/** What is needed to read everything that can be defined, and to know who one is. */
export const definitionOperations = {
  'recurrences.search': get('/v1/recurrences', 'viewer', 'Recurrences, by workflow and key.', {
    query: RecurrenceSearchSchema,
    answers: { 200: 'Page<Recurrence>' },
  }),
  'flows.list': get('/v1/flows', 'viewer', 'What limits the starts of workflows, of all that have such limits.', {
    answers: { 200: 'Page<FlowSetting>' },
  }),
  'platform.whoami': get('/v1/whoami', 'public', 'Whom the credentials are of, and what they allow.', {
    answers: { 200: 'Identity' },
    failures: [
      'auth.missing_key',
      'auth.wrong_key',
      'auth.wrong_token',
      'auth.unknown_user',
      'auth.not_for_users',
      'auth.issuer_unavailable',
    ],
  }),
};
