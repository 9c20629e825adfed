/** The REST API as the benchmarks need it for their preparations; the measured calls go through `bench/load`. */
export interface Api {
  readonly url: string;
  /** What every request carries. */
  readonly headers: Record<string, string>;
  /** Sends JSON, or a text with the given content type. @throws when the answer is not 2xx */
  send<Answer>(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer>;
  /** Saves and publishes a workflow; its name is in the document. */
  publish(document: { workflow: string } & Record<string, unknown>): Promise<void>;
}

export const makeApi = (url: string, key: string): Api => {
  const headers = { authorization: `Bearer ${key}` };
  const send: Api['send'] = async <Answer>(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: body === undefined ? headers : { ...headers, 'content-type': contentType },
      body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 500)}`);
    return (text === '' ? undefined : JSON.parse(text)) as Answer;
  };
  return {
    url,
    headers,
    send,
    publish: async (document) => {
      await send('PUT', `/v1/workflows/${document.workflow}`, document);
      await send('POST', `/v1/workflows/${document.workflow}/publish`);
    },
  };
};
