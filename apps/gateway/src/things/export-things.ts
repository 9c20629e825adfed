import {
  compileSchema,
  ExportBodySchema,
  Failure,
  requests,
  type BeginExport,
  type BulkFormat,
  type ExportPage,
} from '@nightshift/contracts';
import type { Bus } from '@nightshift/messaging';
import { Readable } from 'node:stream';
import { actsAs, type Asked } from '../door/asked.ts';
import { checked } from '../door/checked.ts';

const checkBody = compileSchema(ExportBodySchema);

/** The data service answers sooner, if only that a page is not ready. */
const TIMEOUT_MS = 5_000;
/** A page that was asked for and did not come is asked for again: it is kept until the next one is. */
const TRIES = 2;

export interface Export {
  format: BulkFormat;
  /** Breaks off, rather than end, when the export cannot be finished. */
  stream: Readable;
}

/**
 * Everything that a search finds, as one moment had it, however much it is; read as fast as it is sent.
 * @throws Failure `request.invalid`, `search.invalid`, `type.not_found`, `search.timeout`, `data.unavailable` before the stream begins
 */
export const makeExportThings = ({ bus }: { bus: Pick<Bus, 'request'> }) => {
  const ask = <Answer>(subject: string, body: unknown): Promise<Answer> =>
    bus.request(subject, body, { timeoutMs: TIMEOUT_MS, unavailable: 'data.unavailable' });

  const askPage = async (subject: string, page: number): Promise<Extract<ExportPage, { isReady: true }>> => {
    for (let attempt = 1; ;) {
      try {
        const answer = await ask<ExportPage>(subject, { page });
        if (answer.isReady) return answer;
      } catch (error) {
        const isAway = error instanceof Failure && error.code === 'data.unavailable';
        if (!isAway || attempt++ === TRIES) throw error;
      }
    }
  };

  async function* pages(subject: string, first: Extract<ExportPage, { isReady: true }>): AsyncGenerator<string> {
    let isOver = false;
    try {
      for (let page = 0, current = first; ; current = await askPage(subject, ++page)) {
        isOver = current.isLast;
        if (current.text !== '') yield current.text;
        if (isOver) return;
      }
    } finally {
      // The caller has gone, or it has failed: it is not to wait for anybody.
      if (!isOver) void ask(subject, { page: null }).catch(() => {});
    }
  }

  return async (type: string, body: unknown, asked: Asked): Promise<Export> => {
    const wanted = checked(checkBody, body ?? {});
    const request: BeginExport = { type, export: wanted, ...actsAs(asked) };
    const { exportId } = await ask<{ exportId: string }>(requests.beginExport, request);
    const subject = requests.export(exportId);
    const first = await askPage(subject, 0);
    return { format: wanted.format ?? 'csv', stream: Readable.from(pages(subject, first), { highWaterMark: 1 }) };
  };
};

export type ExportThings = ReturnType<typeof makeExportThings>;
