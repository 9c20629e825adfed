import type { HttpRequest } from '@nightshift/workflow-core';
import { toMs, type Time } from '../duration.ts';

/** A call of an `http` step. */
export interface SentRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON as it was before it became text; a text; or the parts of a form. */
  readonly body: unknown;
  readonly runId: string;
  readonly step: string;
  readonly attempt: number;
  /** The same for each attempt at one execution of the step. */
  readonly idempotencyKey: string;
}

/** What a call is answered with; 200 without a body if nothing is said. */
export interface StubbedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** A text is text; anything else is JSON. */
  readonly body?: unknown;
  /** How long it takes; no time if absent. */
  readonly after?: Time;
}

/** Nobody answers: the connection breaks. */
export const noConnection: unique symbol = Symbol('no connection');

export type Answerer =
  StubbedAnswer | typeof noConnection | ((request: SentRequest) => StubbedAnswer | typeof noConnection);

/** The world outside, as `http` steps meet it. */
export interface HttpStubs {
  /** Every call that was made, in order. */
  readonly requests: readonly SentRequest[];
  /**
   * Says what calls are answered with. A later stub goes before an earlier one.
   * @param route method and URL, as in `POST https://api.example.com/charges`; without a query it fits any, and `*` stands for any text
   * @param answers given in turn; the last one ever after
   */
  on(route: string, ...answers: [Answerer, ...Answerer[]]): void;
}

interface Stub {
  readonly fits: (method: string, url: string) => boolean;
  readonly answers: readonly Answerer[];
  asked: number;
}

export interface Outside extends HttpStubs {
  /** What a call is answered with; undefined: no stub fits. */
  ask(request: SentRequest): { answer: StubbedAnswer | typeof noConnection; afterMs: number } | undefined;
}

const escaped = (text: string): string => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');

const fitter = (route: string): Stub['fits'] => {
  const [, method = '*', address = ''] = /^(\S+)\s+(\S+)$/.exec(route) ?? [];
  if (address === '')
    throw new Error(
      `"${route}" is no route: write it as in "POST https://api.example.com/charges", or "* https://api.example.com/*"`,
    );
  const pattern = new RegExp(`^${escaped(address).replaceAll('*', '.*')}$`);
  return (asked, url) =>
    (method === '*' || method.toUpperCase() === asked) && (pattern.test(url) || pattern.test(url.replace(/\?.*$/, '')));
};

export const makeOutside = (): Outside => {
  const stubs: Stub[] = [];
  const requests: SentRequest[] = [];
  return {
    requests,
    on: (route, ...answers) => void stubs.unshift({ fits: fitter(route), answers, asked: 0 }),
    ask: (request) => {
      requests.push(request);
      const stub = stubs.find(({ fits }) => fits(request.method, request.url));
      if (stub === undefined) return undefined;
      const answerer = stub.answers[Math.min(stub.asked++, stub.answers.length - 1)]!;
      const answer = typeof answerer === 'function' ? answerer(request) : answerer;
      return { answer, afterMs: typeof answer === 'object' && answer.after !== undefined ? toMs(answer.after) : 0 };
    },
  };
};

/** The body of a request as tests compare it. */
export const bodyOf = ({ body, headers }: HttpRequest): unknown => {
  if (body === undefined) return undefined;
  if (body.kind === 'bytes') return { base64: body.base64 };
  if (body.kind === 'form') return body.fields;
  const isJson = Object.entries(headers).some(
    ([name, value]) => name.toLowerCase() === 'content-type' && /json/.test(value),
  );
  return isJson ? (JSON.parse(body.text) as unknown) : body.text;
};
