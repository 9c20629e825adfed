/** The values of one statement; SQL only ever sees their places. */
export interface Parameters {
  /** `$3::bigint`. */
  add(value: unknown, sqlType: string): string;
  readonly values: readonly unknown[];
}

export const makeParameters = (): Parameters => {
  const values: unknown[] = [];
  return {
    values,
    add: (value, sqlType) => `$${values.push(value)}::${sqlType}`,
  };
};
