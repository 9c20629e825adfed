/** Columns as wide as they must be: the first to the left, the others to the right. */
export const textTable = (rows: readonly (readonly string[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))))
    .map((row) => row.join('  ').trimEnd())
    .join('\n');
};

/** The same as Markdown, the first row as its head. */
export const markdownTable = ([head = [], ...rows]: readonly (readonly string[])[]): string =>
  [head, head.map((_, column) => (column === 0 ? '---' : '--:')), ...rows]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n');

export const whole = (value: number): string => value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ',');

export const tenths = (value: number): string => value.toFixed(1);
