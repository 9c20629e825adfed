import { durationMs, ENDPOINT_WAIT_MAX_MS, type Duration, type Json, type Violation } from '@nightshift/contracts';
import { checkCondition } from '../document/check-condition.ts';
import { checkExpressions, type NamesInScope } from '../document/check-expressions.ts';
import { checkSchema } from '../document/check-schema.ts';
import { isObject } from '../document/json-object.ts';
import { appendPointer } from '../document/json-pointer.ts';
import { unknownWord } from '../document/violation.ts';
import { isWrittenOut } from '../document/written-out.ts';
import { compileTemplate } from '../expressions/template.ts';
import { checkAnswer, hostOf, isRedirectTarget } from '../steps/answer-input.ts';
import { readPath } from './endpoint-path.ts';
import { ExposeSchema, type Expose } from './expose-schema.ts';

/** They would be kept in the run's history. */
const secretHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'nightshift-user',
  'proxy-authorization',
]);

const SHORTEST_WAIT_MS = 1_000;

/** What of the request a `when` sees. */
const conditionNames = ['parameters', 'currentUser'] as const;
const answerNames = ['parameters', 'currentUser', 'run'] as const;

/**
 * What is wrong with `expose`.
 * @param parameters the document's schema of parameters
 * @param names what is in scope in the whole document
 * @param steps the document's steps: their redirects need a declared host as well
 */
export const checkExpose = (expose: unknown, parameters: unknown, names: NamesInScope, steps: unknown): Violation[] => {
  const pointer = '/expose';
  if (!isObject(expose) || checkSchema(ExposeSchema, expose as Json, pointer).length > 0) return [];
  const right = expose as Expose;
  const inScope = (words: readonly string[]): NamesInScope => new Map(words.map((word) => [word, names.get(word)]));
  const at = (key: string): string => appendPointer(pointer, key);
  return [
    ...checkPlaces(right, parameters, at),
    ...(right.when === undefined ? [] : checkCondition(right.when, at('when'), inScope(conditionNames))),
    ...checkWay(right, at),
    ...checkAnswers(right, at('answer'), inScope),
    ...redirectsIn(steps, '/do').flatMap((place) => checkHost(place, right.answer?.hosts ?? [])),
  ];
};

/** Where parameters come from: the workflow must know them. */
const checkPlaces = (
  { path, headers, bodyAs }: Expose,
  parameters: unknown,
  at: (key: string) => string,
): Violation[] => {
  const known = knownParameters(parameters);
  const unknown = (name: string, pointer: string): Violation[] =>
    known === undefined || known.includes(name)
      ? []
      : [unknownWord(pointer, `${name} is no parameter of the workflow`, name, known)];
  const violations: Violation[] = [];
  const parts = path === undefined ? [] : readPath(path);
  if ('problem' in parts) violations.push({ pointer: at('path'), detail: parts.problem });
  else {
    const named = parts.flatMap((part) => ('parameter' in part ? [part.parameter] : []));
    violations.push(...named.flatMap((name) => unknown(name, at('path'))));
    if (new Set(named).size < named.length) violations.push({ pointer: at('path'), detail: 'names a parameter twice' });
    const [first] = parts;
    if (first && 'word' in first && first.word === 'initialize')
      violations.push({ pointer: at('path'), detail: 'may not begin with initialize: drafts are sent samples there' });
  }
  (headers ?? []).forEach((name, index) => {
    if (secretHeaders.has(name))
      violations.push({
        pointer: `${at('headers')}/${index}`,
        detail: `${name} is a secret, and runs keep what they get`,
      });
  });
  if (headers) violations.push(...unknown('headers', at('headers')));
  if (bodyAs !== undefined) violations.push(...unknown(bodyAs, at('bodyAs')));
  return violations;
};

/** The parameters that there are, where there can be no others. */
const knownParameters = (schema: unknown): string[] | undefined =>
  isObject(schema) && schema['additionalProperties'] === false && isObject(schema['properties'])
    ? Object.keys(schema['properties'])
    : undefined;

const checkWay = (
  { auth, signature, methods = ['POST'], timeout, whenNotMet }: Expose,
  at: (key: string) => string,
): Violation[] => {
  const violations: Violation[] = [];
  if (signature && auth !== undefined && auth !== 'none')
    violations.push({ pointer: at('auth'), detail: 'stands beside a signature, which is asked for in its place' });
  if (signature && methods.some((method) => method === 'GET' || method === 'HEAD'))
    violations.push({ pointer: at('methods'), detail: 'of a signed request has a body' });
  if (timeout !== undefined) {
    const ms = durationMs(timeout as Duration);
    if (ms < SHORTEST_WAIT_MS || ms > ENDPOINT_WAIT_MAX_MS)
      violations.push({ pointer: at('timeout'), detail: 'must be between a second and 5 minutes' });
  }
  if (whenNotMet !== undefined && whenNotMet !== 200 && whenNotMet !== 400)
    violations.push({ pointer: at('whenNotMet'), detail: 'must be 200 or 400' });
  return violations;
};

const checkAnswers = (
  { answer }: Expose,
  pointer: string,
  inScope: (words: readonly string[]) => NamesInScope,
): Violation[] => {
  if (answer === undefined) return [];
  const { hosts = [], onError, ...success } = answer;
  const side = (part: Record<string, unknown>, place: string, own: string): Violation[] => {
    const { violations, expressions } = compileTemplate(part as Json, place);
    const redirect = part['redirect'];
    return [
      ...checkAnswer(part, place),
      ...violations,
      ...checkExpressions(expressions, new Map(inScope(answerNames)).set(own, undefined)),
      ...(typeof redirect === 'string'
        ? checkHost({ redirect, pointer: appendPointer(place, 'redirect') }, hosts)
        : []),
    ];
  };
  return [
    ...side(success, pointer, 'result'),
    ...(onError ? side(onError, appendPointer(pointer, 'onError'), 'error') : []),
  ];
};

interface Redirect {
  redirect: string;
  pointer: string;
}

/** Every redirect of a `respond` step, however deep it stands. */
const redirectsIn = (part: unknown, pointer: string): Redirect[] => {
  if (typeof part !== 'object' || part === null) return [];
  return Object.entries(part).flatMap(([key, value]) => {
    const place = appendPointer(pointer, key);
    const found = key === 'respond' && isObject(value) ? value['redirect'] : undefined;
    if (typeof found === 'string') return [{ redirect: found, pointer: appendPointer(place, 'redirect') }];
    return redirectsIn(value, place);
  });
};

/** What is computed is checked when it is there. */
const checkHost = ({ redirect, pointer }: Redirect, hosts: readonly string[]): Violation[] => {
  const host = isWrittenOut(redirect) && isRedirectTarget(redirect) ? hostOf(redirect) : undefined;
  return host === undefined || hosts.includes(host)
    ? []
    : [{ pointer, detail: `leads to ${host}, which is not among the hosts of expose.answer` }];
};
