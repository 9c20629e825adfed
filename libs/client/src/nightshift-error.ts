import type { Problem } from '@nightshift/contracts';

/** What the platform refused a request with. `code` is stable; `problem.errors` names every single thing that was wrong. */
export class NightshiftError extends Error {
  readonly code: string;
  readonly status: number;
  readonly problem: Problem;

  constructor(problem: Problem, cause?: unknown) {
    super(problem.detail === undefined ? problem.title : `${problem.title}: ${problem.detail}`, { cause });
    this.name = 'NightshiftError';
    this.code = problem.code;
    this.status = problem.status;
    this.problem = problem;
  }
}
