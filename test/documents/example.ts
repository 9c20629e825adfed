import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@nightshift/testing';
import { parse } from 'yaml';

/** What an example needs to run, and that a reader does not: a comment `<!-- example … -->` in front of it, in YAML. */
export interface Setup {
  /** Of the run. `@ada` is the id of the thing that `things` calls `ada`. */
  parameters?: Record<string, unknown>;
  /** More types than those of `examples/five-ways`, or more fields of them. */
  types?: Record<string, Record<string, unknown>>;
  /** Things by their type, and under it by a name of their own. */
  things?: Record<string, Record<string, Record<string, unknown>>>;
  secrets?: Record<string, string>;
  /** What https://api.example.com answers at a path; several answers are given in turn, the last one ever after. */
  server?: Record<string, ServerAnswer | ServerAnswer[]>;
  /** Outside events, sent when the run waits. */
  events?: { type: string; subject: string; data?: unknown }[];
  /** When the run has failed, it is retried with these parameters. */
  retry?: Record<string, unknown>;
  /** The run is paused before the events are sent, and resumed after them. */
  isPaused?: boolean;
  /** Texts of the page that are others in the test: waits are shorter there. */
  replace?: Record<string, string>;
  /** How the run ends; `succeeded` if absent. */
  status?: 'succeeded' | 'failed' | 'paused';
  /** How the run begins, if not at somebody's request: by a change that this SQL makes, or as one of a list's items. */
  start?: { sql: string } | { items: unknown[]; as?: string };
}

export interface ServerAnswer {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** One runnable example of a page. */
export interface Example {
  /** From the root of the repository. */
  page: string;
  /** Its place among the page's examples, from 1. */
  number: number;
  setup: Setup;
  /** Workflow documents as YAML. The last one is run, and may use those before it. */
  documents: string[];
  /** What the last one's run gives; of a run that fails, its problem. `…` stands for any text. */
  result: unknown;
  /** Mails that the run sends, if the page shows them. */
  mails?: unknown;
}

/** What follows a comment `<!-- example … -->`, up to the next one or a heading, is one example: workflows, and JSON with what comes of them. */
export const examplesOf = (page: string): Example[] => {
  const text = readFileSync(join(workspaceRoot, page), 'utf8');
  const starts = [...text.matchAll(/^<!-- example\b(.*?)-->$/gms)];
  return starts.map((start, index) => {
    const setup = (parse(start[1] ?? '') ?? {}) as Setup;
    const rest = text.slice(start.index + start[0].length, starts[index + 1]?.index);
    const part = replaceAll(rest.split(/^## /m)[0]!, setup.replace ?? {});
    const documents = blocks(part, 'yaml');
    const [result, mails] = blocks(part, 'json').map((block) => JSON.parse(block) as unknown);
    if (documents.length === 0 || result === undefined)
      throw new Error(`${page}, example ${index + 1}: a workflow in yaml and its result in json are needed`);
    return {
      page,
      number: index + 1,
      setup,
      documents,
      result,
      ...(mails !== undefined && { mails }),
    };
  });
};

const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, block]) => block as string);

const replaceAll = (text: string, replacements: Record<string, string>): string =>
  Object.entries(replacements).reduce((replaced, [from, to]) => {
    if (!replaced.includes(from)) throw new Error(`"${from}" is not in the example`);
    return replaced.replaceAll(from, to);
  }, text);

/** Every page that has examples to run, as paths from the root of the repository. */
export const pagesWithExamples = (): string[] =>
  globSync(['docs/{reference,guides}/**/*.md', 'test/histories/*.md'], { cwd: workspaceRoot }).sort();
