import { randomUUID } from 'node:crypto';
import {
  BeginExportSchema,
  compileSchema,
  EXPORT_IDLE_MS,
  ExportPageRequestSchema,
  Failure,
  type BulkFormat,
  type ExportBody,
  type ExportPage,
} from '@nightshift/contracts';
import type pg from 'pg';
import type { StoredType } from '../catalog/stored-type.ts';
import type { TypeCatalog } from '../catalog/type-catalog.ts';
import { isAway, isPostgresError, sqlState } from '../database/postgres-error.ts';
import { quoteName } from '../database/quote.ts';
import type { Row } from '../database/row-statement.ts';
import { compileWhere } from '../search/compile-where.ts';
import { makeParameters } from '../search/parameters.ts';
import { orderBy, sortKeys } from '../search/sort-keys.ts';
import { sourceOf } from '../search/source.ts';
import type { Places } from '../transactions/places.ts';
import { jsonFromText } from '../values/from-text.ts';
import type { Column } from '../values/column.ts';
import { csvCell, csvLine, csvText } from './write-csv.ts';
