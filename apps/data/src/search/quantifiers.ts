/** How many of several must meet a condition. All of none do. */
export type Quantifier = 'any' | 'all' | 'none';

/** @param from after `FROM`: those that are looked at, and what they must meet to be among them */
export const quantified = (quantifier: Quantifier, from: string, condition: string): string => {
  switch (quantifier) {
    case 'any':
      return `EXISTS (SELECT FROM ${from} AND ${condition})`;
    case 'none':
      return `NOT EXISTS (SELECT FROM ${from} AND ${condition})`;
    case 'all':
      return `NOT EXISTS (SELECT FROM ${from} AND ${condition} IS NOT TRUE)`;
  }
};
