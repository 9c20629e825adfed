import type { AcceptedCall } from '@nightshift/contracts';
import type { Define } from '../define.ts';
import { problemOf } from '../problem-of.ts';
import { parameterOptions, readParameters, type ParameterOptions } from '../read-parameters.ts';
import type { Session } from '../session.ts';

interface CallOptions extends ParameterOptions {
  method?: string;
  draft?: boolean;
  prefer?: string;
  idempotencyKey?: string;
}

export const addCall = ({ command }: Define): void => {
  command<CallOptions>('call <endpoint>', {
    does: 'calls an exposed workflow, and says what it answers',
    options: [
      ...parameterOptions,
      ['-X, --method <method>', 'POST if absent'],
      ['--draft', 'the newest saved version, published or not'],
      [
        '--prefer <what>',
        'async: says which run it is, and does not wait for the answer; wait=5: waits so many seconds',
      ],
      ['--idempotency-key <key>', 'the same call with the same key does nothing more'],
    ],
    action: call,
  });
};

/** @param endpoint the workflow's name, and the path below it: `ship-order/orders/17` */
const call = async (session: Session, options: CallOptions, endpoint?: string): Promise<void> => {
  const { screen } = session;
  const { method = 'POST', draft = false, prefer, idempotencyKey, ...given } = options;
  const segments = endpoint!.split('/');
  session.about('workflow', segments[0]!);
  const parameters = await readParameters(given, session.io);
  const hasBody = !/^(GET|HEAD)$/i.test(method);
  const query = hasBody ? '' : queryOf(parameters);
  const path = `/${draft ? 'wf-draft' : 'wf'}/${segments.map(encodeURIComponent).join('/')}${query}`;
  const response = await session.fetch(path, {
    method: method.toUpperCase(),
    // Where an answer leads is for whoever asked, and no place for his key.
    redirect: 'manual',
    signal: session.signal,
    headers: {
      accept: 'application/json, */*;q=0.5',
      ...(hasBody && { 'content-type': 'application/json' }),
      ...(prefer && { prefer: prefer === 'async' ? 'respond-async' : prefer }),
      ...(idempotencyKey && { 'idempotency-key': idempotencyKey }),
    },
    ...(hasBody && { body: JSON.stringify(parameters) }),
  });
  const text = await response.text();
  const location = response.headers.get('location');
  if (location !== null && response.status >= 300 && response.status < 400)
    return screen.answer({ status: response.status, location }, location);
  if (!response.ok) throw problemOf(response, text);
  tell(session, response, text);
};

const tell = ({ screen }: Session, response: Response, text: string): void => {
  const isJson = /^application\/(json|[^;]+\+json)\b/.test(response.headers.get('content-type') ?? '');
  const answer: unknown = isJson ? JSON.parse(text) : text === '' ? null : text;
  screen.answer(answer, isJson || text === '' ? JSON.stringify(answer, null, 2) : text.replace(/\n$/, ''));
  if (response.status !== 202) return;
  const { runId } = (answer ?? {}) as Partial<AcceptedCall>;
  if (runId !== undefined) screen.note(`It goes on: nightshift logs ${runId} --follow`);
};

/** Lists are several values of a name. */
const queryOf = (parameters: Record<string, unknown>): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    for (const one of [value].flat()) query.append(name, typeof one === 'string' ? one : JSON.stringify(one));
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
};
