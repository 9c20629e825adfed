import type { Violation } from '@nightshift/contracts';
import { LineCounter, parseDocument as parseYaml } from 'yaml';

export type ParsedDocument = { ok: true; value: unknown } | { ok: false; violations: Violation[] };

/** Aliases that a document may expand to. More is an attack: a few lines can stand for gigabytes. */
const MAX_ALIASES = 100;

/** In text that is not YAML one mistake follows from another; more of them help nobody. */
const MOST_MISTAKES = 10;

/** Reads text as YAML 1.2 (one document) or JSON. What is wrong is said with line and column. */
export const parseDocument = (text: string, format: 'yaml' | 'json'): ParsedDocument =>
  format === 'json' ? parseJson(text) : parseYamlText(text);

const parseJson = (text: string): ParsedDocument => {
  try {
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch (error) {
    return refuse((error as SyntaxError).message);
  }
};

const parseYamlText = (text: string): ParsedDocument => {
  try {
    return readYaml(text);
  } catch (error) {
    return refuse((error as Error).message);
  }
};

const readYaml = (text: string): ParsedDocument => {
  const lineCounter = new LineCounter();
  // Pretty errors repeat the source over several lines; the place alone fits into a message.
  const document = parseYaml(text, { lineCounter, prettyErrors: false, strict: true });
  const mistakes = [...document.errors, ...document.warnings].slice(0, MOST_MISTAKES);
  if (mistakes.length > 0) {
    const violations = mistakes.map(({ message, pos }): Violation => {
      const { line, col } = lineCounter.linePos(pos[0]);
      return { pointer: '', detail: `line ${line}, column ${col}: ${message}` };
    });
    return { ok: false, violations };
  }
  const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
  // Gives the document its own copies of what aliases share, and turns .nan and .inf into null.
  return { ok: true, value: value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown) };
};

const refuse = (detail: string): ParsedDocument => ({ ok: false, violations: [{ pointer: '', detail }] });
