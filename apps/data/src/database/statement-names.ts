/**
 * Names for prepared statements, by their text. Postgres keeps a named statement for as long as the connection lives, so only
 * the first shapes get a name: searches can have endlessly many. Without a name a statement is planned each time.
 */
export const makeStatementNames = (most = 400): ((text: string) => string | undefined) => {
  const names = new Map<string, string>();
  return (text) => {
    const known = names.get(text);
    if (known !== undefined || names.size >= most) return known;
    const name = `ns_${names.size + 1}`;
    names.set(text, name);
    return name;
  };
};
