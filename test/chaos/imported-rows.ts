/** A CSV of very many rows, ten of them bad, made as it is read. */
export const importHeader = 'n,name,email,age,score,born\n';

export interface ImportedRow {
  text: string;
  /** As `<line> <field> <code>`, if the row is bad. */
  error?: string;
}

const good = (n: number): string =>
  `${n},"Name ${n}, of the ""${n % 7}th""",user-${n}@example.com,${n % 90},${n / 8},19${10 + (n % 90)}-0${1 + (n % 9)}-1${n % 9}\n`;

/** What is wrong with a row, and what is said of it. */
const faults: ((n: number) => { text: string; field: string; code: string })[] = [
  (n) => ({ text: good(n).replace(/,\d+,([\d.]+),(19)/, ',old,$1,$2'), field: '/age', code: 'thing.invalid' }),
  (n) => ({ text: good(n).replace(`user-${n}@`, `user-${n - 1}@`), field: '/email', code: 'thing.in_conflict' }),
  (n) => ({ text: good(n).replace(/user-\d+@example.com/, ''), field: '/email', code: 'thing.invalid' }),
  (n) => ({ text: `${n},1\n`, field: '', code: 'request.malformed' }),
  (n) => ({ text: good(n).replace(/\d{4}-\d\d-\d\d/, '1999-02-30'), field: '/born', code: 'thing.invalid' }),
];

export const BAD_ROWS = 10;

/** The row of the number `n`, from 0, of so many. The bad ones are apart from each other, and never the first of a thousand. */
export const importedRow = (n: number, size: number): ImportedRow => {
  const apart = Math.floor(size / BAD_ROWS);
  if (n % apart !== 501) return { text: good(n) };
  const { text, field, code } = faults[Math.floor(n / apart) % faults.length]!(n);
  return { text, error: `${n + 2} ${field} ${code}` };
};
