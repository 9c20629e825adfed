import { NightshiftError, type Client } from '@nightshift/client';
import { isCommandError, type CommandError } from './command-error.ts';
import type { Platform } from './connection/find-platform.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';

/** What is said of an error, and how the command ends. */
export interface Explained {
  exitCode: ExitCode;
  message: string;
  /** Every single thing that is wrong. */
  details: string[];
  /** What to do next. */
  advice: string | undefined;
}

export interface Circumstances {
  platform: Platform | undefined;
  /** The name that was asked for, where one was. */
  subject?: { kind: 'workflow' | 'type'; name: string };
  client?: Client;
}

/** An error in words, with what to do next. Asks the platform at most for the names that are near a wrong one. */
export const explain = async (error: unknown, circumstances: Circumstances): Promise<Explained> => {
  const own = commandErrorIn(error);
  if (own !== undefined) return { exitCode: own.exitCode, message: own.message, details: [], advice: own.advice };
  if (isUnreachable(error)) return unreachable(error, circumstances.platform);
  if (error instanceof NightshiftError) return refused(error, circumstances);
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: exitCodes.refused, message, details: [], advice: undefined };
};

/** Also one that `fetch` has wrapped, because it came up while a body was made. */
const commandErrorIn = (error: unknown): CommandError | undefined => {
  for (let at = error; at instanceof Error; at = at.cause) if (isCommandError(at)) return at;
  return undefined;
};

/** What `fetch` and the sockets below it throw when nobody answers, however it is wrapped. */
const isUnreachable = (error: unknown): boolean => {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = 'code' in at ? String(at.code) : '';
    if (/^(E[A-Z]+|UND_ERR_\w+|CERT_\w+)$/.test(code) && !fileErrors.has(code)) return true;
    if (at instanceof TypeError && at.message === 'fetch failed') return true;
  }
  return false;
};

const fileErrors: ReadonlySet<string> = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR', 'EEXIST', 'EPERM', 'EROFS']);

const unreachable = (error: unknown, platform: Platform | undefined): Explained => {
  let reason = '';
  for (let at = error; at instanceof Error; at = at.cause) {
    reason = 'code' in at && typeof at.code === 'string' && at.code !== '' ? at.code : at.message;
  }
  const where = platform === undefined ? '' : ` at ${platform.url} (from ${platform.from})`;
  return {
    exitCode: exitCodes.unreachable,
    message: `Nightshift does not answer${where}: ${reason}`,
    details: [],
    advice:
      'Is it running? npm start in its folder starts it here; --url, NIGHTSHIFT_URL or nightshift login name another one.',
  };
};

const refused = async (error: NightshiftError, circumstances: Circumstances): Promise<Explained> => {
  const { code, status, problem } = error;
  const details = (problem.errors ?? []).map(
    ({ pointer, detail, suggestion }) =>
      `${pointer === '' ? '' : `${pointer}: `}${detail}${suggestion === undefined ? '' : ` (did you mean ${suggestion}?)`}`,
  );
  const isAway = status === 502 || status === 503 || (status === 504 && code.startsWith('http.'));
  return {
    exitCode: isAway ? exitCodes.unreachable : exitCodes.refused,
    message: `${code}: ${error.message}`,
    details,
    advice: await adviceFor(error, circumstances),
  };
};

const adviceFor = async (
  { code, status }: NightshiftError,
  { platform, subject, client }: Circumstances,
): Promise<string | undefined> => {
  if (status === 401) return `Log in: nightshift login${platform === undefined ? '' : ` --url ${platform.url}`}`;
  if (code === 'auth.forbidden')
    return 'nightshift whoami says what the key may do; an admin can give it another role.';
  if (code === 'workflow.in_use') return 'Change what is named, or publish all the same with --force.';
  if (code === 'parameters.invalid')
    return 'A value is JSON if it reads as JSON; a text of digits has quotes: -p \'zip="10115"\'.';
  if (code === 'workflow.not_found' || code === 'type.not_found') return nearest(subject, client);
  if (code === 'key.shown_once') return 'nightshift keys rotate shows another one in its place.';
  if (status === 429) return 'Try again in a moment.';
  if (status === 502 || status === 503) return 'Try again in a moment; nightshift doctor says what is away.';
  return undefined;
};

const nearest = async (subject: Circumstances['subject'], client: Client | undefined): Promise<string | undefined> => {
  if (subject === undefined || client === undefined) return undefined;
  const there = subject.kind === 'workflow' ? client.workflows.list() : client.types.list();
  const names = await there.then((items) => items.map(({ name }) => name)).catch((): string[] => []);
  // Loaded when it is asked for: it brings the whole language with it.
  const { nearestName } = await import('./nearest-name.ts');
  const near = nearestName(subject.name, names);
  if (near !== undefined) return `Did you mean ${near}?`;
  return names.length === 0 || names.length > 20 ? undefined : `There are: ${names.join(', ')}`;
};
