import { Type, type Static } from 'typebox';
import { OriginSchema, SortSchema, WhereSchema } from './data-request.ts';
import { IdentifierSchema } from './names.ts';
import { ActingUserSchema } from './privacy.ts';
import { ProblemSchema, type Problem } from './problem.ts';

export const bulkFormats = ['csv', 'ndjson'] as const;
export type BulkFormat = (typeof bulkFormats)[number];

/** Query of `POST /v1/things/{type}/bulk`. */
export const ImportQuerySchema = Type.Object(
  {
    /** Everything is checked, the database's rules included, and nothing stays. */
    dryRun: Type.Optional(Type.Boolean()),
    /** What a row does that cannot be applied: `skip` leaves it out, `stop` ends the import before it. */
    onError: Type.Optional(Type.Enum(['skip', 'stop'])),
    /** A unique field: a row whose value a thing has already changes that thing. */
    key: Type.Optional(IdentifierSchema),
    /** Of CSV; a comma if absent. */
    separator: Type.Optional(Type.Enum([',', ';', '\t', '|'])),
  },
  { additionalProperties: false },
);
export type ImportQuery = Static<typeof ImportQuerySchema>;

/**
 * `succeeded`: every row was read; those that were refused are counted in `failed`. `failed`: it ended early, and `problem` says why.
 * `broken`: the upload broke off, or nothing has come of it for a minute; with its idempotency key it can be gone on with.
 */
export type ImportStatus = 'running' | 'succeeded' | 'failed' | 'broken';

/** One thing that is wrong with one row. */
export interface ImportError {
  /** Where the row begins in what was uploaded, from 1; the header of CSV is line 1. */
  line: number;
  /** Of the field, as in `/email`; empty if it is about the row as a whole. */
  pointer: string;
  code: string;
  detail: string;
  suggestion?: string;
}

/** How far an import is, and what came of it. */
export interface ImportView {
  id: string;
  kind: 'import';
  type: string;
  format: BulkFormat;
  status: ImportStatus;
  dryRun: boolean;
  onError: 'skip' | 'stop';
  key: string | null;
  /** Rows; null until the upload has ended. */
  total: number | null;
  /** `succeeded + failed`, of what is committed; never falls. */
  done: number;
  succeeded: number;
  failed: number;
  problem?: Problem;
  startedAt: string;
  updatedAt: string;
  finishedAt: string | null;
}

/** Answer of `POST /v1/things/{type}/bulk`: the import with the first of its errors. */
export interface ImportResult extends ImportView {
  errors: ImportError[];
}
/** How many errors the answer to an upload holds; the rest are at `GET /v1/imports/{id}/errors`. */
export const IMPORT_ERRORS_SHOWN = 100;

/** Rows that are applied together: in one transaction, under one number. */
export const IMPORT_CHUNK_ROWS = 1_000;
/** Of rows as JSON in one message; NATS carries 1 MiB. A longer row is refused. */
export const IMPORT_CHUNK_BYTES = 768 * 1024;
/** After so long without a sign of life an import counts as broken. Longer than an upload may be silent. */
export const IMPORT_QUIET_MS = 60_000;

const importId = Type.String({ format: 'uuid' });
const cursor = Type.Optional(Type.String({ maxLength: 100 }));

/** Query of `GET /v1/imports`. */
export const ImportSearchSchema = Type.Object(
  {
    type: Type.Optional(IdentifierSchema),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500 })),
    cursor,
  },
  { additionalProperties: false },
);
/** Query of `GET /v1/imports/{id}/errors`. */
export const ImportErrorsQuerySchema = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })), cursor },
  { additionalProperties: false },
);

/**
 * What the data service is asked about imports. `begin`, `chunk` and `end` may be asked any number of times: a chunk is applied once under
 * its number, and a repeat gets the answer that was kept; one of the same number but another digest is refused.
 */
export const ImportRequestSchema = Type.Union([
  Type.Object({
    action: Type.Literal('begin'),
    importId,
    type: Type.String(),
    format: Type.Enum([...bulkFormats]),
    /** The header of CSV. */
    columns: Type.Optional(Type.Array(Type.String())),
    onError: Type.Enum(['skip', 'stop']),
    key: Type.Optional(Type.String()),
    dryRun: Type.Boolean(),
    origin: OriginSchema,
  }),
  Type.Object({
    action: Type.Literal('chunk'),
    importId,
    number: Type.Integer({ minimum: 0 }),
    digest: Type.String(),
    /** Line and row: with CSV the cells in the order of the header, else an object. */
    rows: Type.Unsafe<[line: number, row: unknown][]>(
      Type.Array(Type.Array(Type.Unknown(), { minItems: 2, maxItems: 2 })),
    ),
    /** Rows that could not be read. */
    unreadable: Type.Array(Type.Object({ line: Type.Integer(), code: Type.String(), detail: Type.String() })),
  }),
  Type.Object({
    action: Type.Literal('end'),
    importId,
    chunks: Type.Integer({ minimum: 0 }),
    /** Why it ended early. */
    problem: Type.Optional(ProblemSchema),
    /** It has not ended: the upload broke off. */
    isBroken: Type.Optional(Type.Boolean()),
  }),
  Type.Object({ action: Type.Literal('get'), importId }),
  Type.Object({ action: Type.Literal('list'), ...ImportSearchSchema.properties }),
  Type.Object({ action: Type.Literal('errors'), importId, ...ImportErrorsQuerySchema.properties }),
]);
export type ImportRequest = Static<typeof ImportRequestSchema>;
export type ImportChunk = Extract<ImportRequest, { action: 'chunk' }>;

export interface BegunImport {
  /** How many chunks may be under way at once: one where their order matters. */
  inFlight: number;
}
export interface AppliedChunk {
  succeeded: number;
  failed: number;
  /** A row was refused that ends the import. */
  isStopped: boolean;
}

/** Body of `POST /v1/things/{type}/export`. */
export const ExportBodySchema = Type.Object(
  {
    where: Type.Optional(WhereSchema),
    sort: Type.Optional(SortSchema),
    /** In this order. If absent: the id and everything that can be imported again. */
    fields: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: 1_000 })),
    /** `csv` if absent. */
    format: Type.Optional(Type.Enum([...bulkFormats])),
  },
  { additionalProperties: false },
);
export type ExportBody = Static<typeof ExportBodySchema>;

/** Opens an export. It lives in one replica, which answers for its pages on a subject of its own until it is read to its end or given up. */
export const BeginExportSchema = Type.Object({
  type: Type.String(),
  export: ExportBodySchema,
  as: Type.Optional(ActingUserSchema),
});
export type BeginExport = Static<typeof BeginExportSchema>;
/**
 * For the page of this number, from 0: each is asked for after the one before has come, the last one may be asked for again. Null: nobody
 * wants any more of it.
 */
export const ExportPageRequestSchema = Type.Object({
  page: Type.Union([Type.Integer({ minimum: 0 }), Type.Null()]),
});
/** `isReady: false`: ask again; a sort of very many things takes its time. */
export type ExportPage = { isReady: true; text: string; isLast: boolean } | { isReady: false };
/** An export that nobody asks for a page of for so long is given up. */
export const EXPORT_IDLE_MS = 60_000;
