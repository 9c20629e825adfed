import { styleText } from 'node:util';
import type { Io } from '../io.ts';
import { formatTable, type Column } from './table.ts';

export type Style = 'red' | 'green' | 'yellow' | 'cyan' | 'bold' | 'dim';

export interface ScreenOptions {
  json?: boolean;
  quiet?: boolean;
}

/** What a command says: what was asked for on the standard output, everything beside it on the standard error. */
export interface Screen {
  readonly isJson: boolean;
  /** Whether somebody sees it now. */
  readonly isTerminal: boolean;
  /** What was asked for. */
  line(text: string): void;
  /** The same, for programs: one line of JSON. */
  json(value: unknown): void;
  /** Rows for people, or the answer as it came with `--json`. */
  table<Row>(columns: readonly Column<Row>[], rows: readonly Row[], answer: unknown): void;
  /** A sentence for people, or the answer with `--json`. */
  answer(value: unknown, text: string): void;
  /** Beside what was asked for. Not with `--quiet`. */
  note(text: string): void;
  /** What went wrong. */
  complain(text: string): void;
  /** Drawn over itself on a terminal; nothing elsewhere. Not with `--quiet`. */
  status(text: string): void;
  style(style: Style, text: string): string;
}

export const makeScreen = ({ out, error, env }: Pick<Io, 'out' | 'error' | 'env'>, options: ScreenOptions): Screen => {
  const { json: isJson = false, quiet: isQuiet = false } = options;
  const isTerminal = out.isTTY === true;
  const hasColour = isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  const showsStatus = error.isTTY === true && !isQuiet && !isJson;
  let hasStatus = false;

  const clear = (): void => {
    if (hasStatus) error.write('\r\u001b[K');
    hasStatus = false;
  };
  const line = (text: string): void => {
    clear();
    out.write(`${text}\n`);
  };
  const json = (value: unknown): void => line(JSON.stringify(value ?? null));

  return {
    isJson,
    isTerminal,
    line,
    json,
    table: (columns, rows, answer) => {
      if (isJson) return json(answer);
      const width = isTerminal ? out.columns : undefined;
      const [title = '', ...lines] = formatTable(columns, rows, width);
      line(hasColour ? styleText('bold', title, { validateStream: false }) : title);
      for (const text of lines) line(text);
    },
    answer: (value, text) => {
      if (isJson) json(value);
      else line(text);
    },
    note: (text) => {
      if (isQuiet) return;
      clear();
      error.write(`${text}\n`);
    },
    complain: (text) => {
      clear();
      error.write(`${text}\n`);
    },
    status: (text) => {
      if (!showsStatus) return;
      clear();
      if (text === '') return;
      error.write(text.slice(0, Math.max(20, (error.columns ?? 80) - 1)));
      hasStatus = true;
    },
    style: (style, text) => (hasColour ? styleText(style, text, { validateStream: false }) : text),
  };
};
