import { failures, type FailureCode } from '@nightshift/contracts';
import { componentRef } from './schema.ts';

/** Answers that are problems, by status. Those that several operations have in common are written down once. */
export interface ProblemResponses {
  of(codes: readonly FailureCode[]): Record<string, object>;
  components(): Record<string, object>;
}

const response = (codes: readonly FailureCode[]): object => ({
  description: codes.map((code) => `\`${code}\`: ${failures[code].title}.`).join(' '),
  content: {
    'application/problem+json': {
      schema: { allOf: [componentRef('Problem')], properties: { code: { enum: codes } } },
    },
  },
});

export const makeProblemResponses = (): ProblemResponses => {
  const components = new Map<string, { name: string; response: object }>();
  const counts = new Map<number, number>();

  const nameOf = (status: number, codes: readonly FailureCode[]): string => {
    const key = codes.join();
    const known = components.get(key);
    if (known !== undefined) return known.name;
    const count = (counts.get(status) ?? 0) + 1;
    counts.set(status, count);
    const name = `Problem${status}.${count}`;
    components.set(key, { name, response: response(codes) });
    return name;
  };

  return {
    of: (codes) => {
      const byStatus = Map.groupBy([...codes].sort(), (code) => failures[code].status);
      return Object.fromEntries(
        [...byStatus]
          .sort(([one], [other]) => one - other)
          .map(([status, some]) => [status, { $ref: `#/components/responses/${nameOf(status, some)}` }]),
      );
    },
    components: () => Object.fromEntries([...components.values()].map(({ name, response }) => [name, response])),
  };
};
