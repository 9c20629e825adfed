import type { FailureCode } from '@nightshift/contracts';

/** One row of an upload, with the line on which it begins; or what keeps it from being read. */
export type UploadedRow =
  { line: number; value: unknown } | { line: number; problem: { code: FailureCode; detail: string } };

/** Rows as they arrive, some at a time. */
export type UploadedRows = AsyncIterable<UploadedRow[]>;
