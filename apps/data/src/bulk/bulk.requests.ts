import { Controller, Inject } from '@nestjs/common';
import { requests, type DataAnswer } from '@nightshift/contracts';
import { OnRequest } from '@nightshift/messaging';
import type { Bulk } from './open-bulk.ts';
import type { Exports } from './exports.ts';

export const BULK = Symbol('bulk');
export const EXPORTS = Symbol('exports');

/** The subjects of imports, exports and changes of many things. */
@Controller()
export class BulkRequests {
  readonly #bulk: Bulk;
  readonly #exports: Exports;

  constructor(@Inject(BULK) bulk: Bulk, @Inject(EXPORTS) exports: Exports) {
    this.#bulk = bulk;
    this.#exports = exports;
  }

  @OnRequest(requests.imports)
  imports(request: unknown): Promise<unknown> {
    return this.#bulk.answerImport(request);
  }

  @OnRequest(requests.bulk)
  bulk(request: unknown): Promise<DataAnswer> {
    return this.#bulk.answerBulk(request);
  }

  @OnRequest(requests.beginExport)
  beginExport(request: unknown): Promise<{ exportId: string }> {
    return this.#exports.begin(request);
  }
}
