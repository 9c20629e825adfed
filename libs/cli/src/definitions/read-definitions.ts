import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { LineCounter, parseAllDocuments, type Document } from 'yaml';
import { commandError } from '../command-error.ts';
import { readAll } from '../connection/read-secret.ts';
import type { Io } from '../io.ts';
import type { Defined, Definition, Mistake, Source } from './definition.ts';
import { makeLocate } from './locate.ts';

export interface ReadDefinitions {
  definitions: Definition[];
  mistakes: Mistake[];
}

/** Aliases that a document may expand to: a few lines can stand for gigabytes. */
const MAX_ALIASES = 100;

/** Files of a folder that define nothing, though they are JSON. */
const notOurs = new Set(['package.json', 'package-lock.json', 'tsconfig.json']);

/**
 * Everything that files, folders with all that is below them, and the standard input (`-`) define. A file holds one document or, in YAML,
 * several.
 * @throws CommandError for a file that cannot be read
 */
export const readDefinitions = async (
  paths: readonly string[],
  { stdin, cwd }: Pick<Io, 'stdin' | 'cwd'>,
): Promise<ReadDefinitions> => {
  const read: ReadDefinitions = { definitions: [], mistakes: [] };
  for (const path of paths) {
    if (path === '-') readText(await readAll(stdin), path, read);
    else for (const file of filesAt(path, cwd)) readText(readFileSync(resolve(cwd, file), 'utf8'), file, read);
  }
  reportTwins(read);
  return read;
};

const filesAt = (path: string, cwd: string): string[] => {
  const full = resolve(cwd, path);
  const found = statSync(full, { throwIfNoEntry: false });
  if (found === undefined) throw commandError(`${path} is not there.`);
  return found.isDirectory() ? filesBelow(path, full) : [path];
};

const filesBelow = (path: string, full: string): string[] =>
  readdirSync(full, { withFileTypes: true })
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.name.startsWith('.') || entry.name === 'node_modules') return [];
      const inner = join(path, entry.name);
      if (entry.isDirectory()) return filesBelow(inner, join(full, entry.name));
      return /\.(ya?ml|json)$/.test(entry.name) && !notOurs.has(entry.name) ? [inner] : [];
    });

const readText = (text: string, file: string, { definitions, mistakes }: ReadDefinitions): void => {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter, prettyErrors: false, strict: true }) as Document.Parsed[];
  for (const document of documents) {
    const wrong = [...document.errors, ...document.warnings];
    mistakes.push(
      ...wrong.slice(0, 10).map(({ message, pos }): Mistake => {
        const { line, col } = lineCounter.linePos(pos[0]);
        return { file, line, column: col, pointer: '', detail: message };
      }),
    );
    if (wrong.length > 0) continue;
    const locate = makeLocate(document, lineCounter);
    try {
      const value = toJson(document);
      if (value === null) continue;
      definitions.push(...definedBy(value, { file, locate }));
    } catch (error) {
      mistakes.push({ file, ...locate(''), pointer: '', detail: (error as Error).message });
    }
  }
};

/** With its own copies of what aliases share, and without what JSON does not have. */
const toJson = (document: Document.Parsed): unknown => {
  const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);
};

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Within a document, where the body of such a definition begins. */
const below = (source: Source, prefix: string): Source => ({
  file: source.file,
  locate: (pointer) => source.locate(prefix + pointer),
});

/**
 * What one document defines: its first word says of what kind it is. A file `types.json`, or `types.yaml`, holds the fields of several types
 * by their names.
 * @throws Error if it is nothing that can be applied
 */
const definedBy = (value: unknown, source: Source): Definition[] => {
  if (!isObject(value)) throw new Error('has to be an object');
  const defined = (definition: Defined, from = source): Definition => ({ ...definition, source: from });
  const { workflow, type, flow, recurrence, eventSource, webhook } = value;
  if (typeof workflow === 'string') return [defined({ kind: 'workflow', name: workflow, body: value })];
  if (typeof type === 'string') {
    const { type: _name, privacy, ...body } = value;
    return [
      ...('fields' in body || privacy === undefined
        ? [defined({ kind: 'type', name: type, body: body as never })]
        : []),
      ...(privacy === undefined
        ? []
        : [defined({ kind: 'privacy', name: type, body: privacy as never }, below(source, '/privacy'))]),
    ];
  }
  const [kind, name] =
    typeof recurrence === 'string'
      ? (['recurrence', recurrence] as const)
      : typeof flow === 'string'
        ? (['flow', flow] as const)
        : typeof eventSource === 'string'
          ? (['eventSource', eventSource] as const)
          : typeof webhook === 'string'
            ? (['webhook', webhook] as const)
            : [undefined, ''];
  if (kind !== undefined) {
    const { [kind]: _name, ...body } = value;
    return [defined({ kind, name, body } as Defined)];
  }
  if (/^(.+\.)?types?\.(json|ya?ml)$/.test(basename(source.file)) && Object.values(value).every(isObject)) {
    return Object.entries(value).map(([typeName, fields]) =>
      // Its fields stand where others have their `fields`.
      defined(
        { kind: 'type', name: typeName, body: { fields: fields as never } },
        {
          file: source.file,
          locate: (pointer) => source.locate(`/${typeName}${pointer.replace(/^\/fields/, '')}`),
        },
      ),
    );
  }
  throw new Error(
    'defines nothing: it has to have a workflow, type, flow, recurrence, eventSource or webhook with a name',
  );
};

/** The same thing twice: nobody could say which one is meant. */
const reportTwins = ({ definitions, mistakes }: ReadDefinitions): void => {
  const seen = new Map<string, Definition>();
  for (const definition of definitions) {
    const id = `${definition.kind} ${definition.name}`;
    const first = seen.get(id);
    if (first === undefined) seen.set(id, definition);
    else {
      const { source } = definition;
      mistakes.push({
        file: source.file,
        ...source.locate(''),
        pointer: '',
        detail: `${id} is defined in ${first.source.file} too`,
      });
    }
  }
};
