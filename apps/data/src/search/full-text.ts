import type { StoredType } from '../catalog/stored-type.ts';
import { quoteName, quoteText } from '../database/quote.ts';
import type { Column } from '../values/column.ts';
import { isTextOid } from '../values/kind-of-oid.ts';
import type { Compilation } from './compilation.ts';
import { computed, subjectOf, type Subject } from './subject.ts';

/**
 * How much of a text counts. Postgres refuses vectors beyond 1 MiB, so without a bound one long text would break every search of
 * its type; a character takes at most four bytes.
 */
const MOST_CHARACTERS = 250_000;

/** The words of a text as SQL. An index must be on exactly this expression. */
export const fieldVector = (language: string, sql: string): string =>
  `to_tsvector(${quoteText(language)}::regconfig, left(${sql}, ${MOST_CHARACTERS}))`;

export const wordsQuery = (language: string, place: string): string =>
  `websearch_to_tsquery(${quoteText(language)}::regconfig, ${place})`;

const textFields = (type: StoredType): Column[] =>
  type.columns.filter(
    ({ name, kind, isList, elementOid }) =>
      Object.hasOwn(type.definition.fields, name) && kind === 'text' && !isList && isTextOid(elementOid),
  );

/**
 * The words of all text fields together, or undefined for a type that has none.
 * @param alias of the source; absent: in the definition of an index
 */
export const typeVector = (type: StoredType, language: string, alias?: string): string | undefined => {
  const nameOf = (column: Column): string =>
    alias === undefined ? quoteName(column.name) : subjectOf(column, alias).sql;
  const texts = textFields(type).map((column) => `coalesce(${nameOf(column)}, '')`);
  return texts.length === 0 ? undefined : fieldVector(language, texts.join(` || ' ' || `));
};

/** A search for words over all text fields: the condition, and how well a thing meets it. */
export interface WordSearch {
  readonly condition: string;
  readonly relevance: Subject;
}

/** Undefined where there is a violation. */
export const compileWordSearch = (c: Compilation, words: string): WordSearch | undefined => {
  const { parameters, language } = c.reading;
  const vector = typeVector(c.type, language, 't');
  if (vector === undefined) {
    c.violations.add('/search', `is for texts, and ${c.type.name} has no field of kind text`);
    return undefined;
  }
  if (words.includes('\u0000') || !words.isWellFormed()) {
    c.violations.add('/search', 'holds a character that cannot be stored (U+0000 or half of a surrogate pair)');
    return undefined;
  }
  const query = wordsQuery(language, parameters.add(words, 'text'));
  return {
    condition: `(${vector} @@ ${query})`,
    relevance: computed({
      name: 'relevance',
      sql: `ts_rank(${vector}, ${query})`,
      kind: 'number',
      elementOid: 700,
      sqlType: 'real',
    }),
  };
};
