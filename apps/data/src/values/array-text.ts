/**
 * Arrays as Postgres writes and reads them. https://www.postgresql.org/docs/18/arrays.html#ARRAYS-IO
 */

/** A value of an array, as text; null for NULL; a list within an array of several dimensions. */
export type ArrayItem<Value> = Value | null | ArrayItem<Value>[];

/** The array's text. Every value is quoted, so that none needs to be looked at. */
export const writeArray = (items: readonly (string | null)[]): string =>
  `{${items.map((item) => (item === null ? 'NULL' : `"${item.replace(/["\\]/g, '\\$&')}"`)).join(',')}}`;

/** The array's values, each made from its text, or undefined if the text is no array of Postgres. */
export const readArray = <Value>(text: string, make: (text: string) => Value): ArrayItem<Value>[] | undefined => {
  // Bounds that do not begin with 1 are written before the values: `[0:1]={…}`.
  let at = text.startsWith('[') ? text.indexOf('=') + 1 : 0;

  const readList = (): ArrayItem<Value>[] | undefined => {
    if (text[at++] !== '{') return undefined;
    const items: ArrayItem<Value>[] = [];
    if (text[at] === '}') return (at++, items);
    for (;;) {
      const item = text[at] === '{' ? readList() : text[at] === '"' ? readQuoted() : readBare();
      if (item === undefined) return undefined;
      items.push(item);
      const next = text[at++];
      if (next === '}') return items;
      if (next !== ',') return undefined;
    }
  };
  const readQuoted = (): Value | undefined => {
    let value = '';
    let from = ++at;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 34) {
        value += text.slice(from, at++);
        return make(value);
      }
      if (code === 92) {
        value += text.slice(from, at);
        from = ++at;
      }
    }
    return undefined;
  };
  const readBare = (): Value | null | undefined => {
    const from = at;
    while (at < text.length && text[at] !== ',' && text[at] !== '}') at++;
    const bare = text.slice(from, at);
    if (bare === '') return undefined;
    return bare === 'NULL' ? null : make(bare);
  };

  const items = readList();
  return at === text.length ? items : undefined;
};
