import {
  compileSchema,
  ImportErrorsQuerySchema,
  ImportSearchSchema,
  type ImportError,
  type ImportView,
  type Page,
} from '@nightshift/contracts';
import { checked } from '../door/checked.ts';
import { coerceQuery } from '../door/coerce-query.ts';
import type { AskImports } from './ask-imports.ts';
import { makeImportErrorsCsv } from './import-errors-csv.ts';
import { makeUploadImport } from './upload-import.ts';

type Query = Record<string, string | string[] | undefined>;

const checkSearch = compileSchema(ImportSearchSchema);
const checkErrors = compileSchema(ImportErrorsQuerySchema);

/** Imports, as the data service keeps them. Each throws `data.unavailable`, and `import.not_found` where it names one. */
export const makeImportHandlers = (ask: AskImports) => ({
  upload: makeUploadImport(ask),
  get: (importId: string): Promise<ImportView> => ask({ action: 'get', importId }),
  /** Newest first. */
  search: (query: Query): Promise<Page<ImportView>> =>
    ask({ action: 'list', ...checked(checkSearch, coerceQuery(query, ImportSearchSchema)) }),
  /** In order of their lines. */
  errors: (importId: string, query: Query): Promise<Page<ImportError>> =>
    ask({ action: 'errors', importId, ...checked(checkErrors, coerceQuery(query, ImportErrorsQuerySchema)) }),
  errorsCsv: makeImportErrorsCsv(ask),
});

export type ImportHandlers = ReturnType<typeof makeImportHandlers>;
