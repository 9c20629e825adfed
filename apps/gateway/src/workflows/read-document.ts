import { requests, type TypeDefinition } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import type { Bus } from '@nightshift/messaging';
import { checkDocument, parseDocument, type WorkflowDocument } from '@nightshift/workflow-core';
import { YamlText } from '../door/body-parsers.ts';
import { refusal } from '../door/checked.ts';
import { readKnownWorkflows } from './known-workflows.ts';

export interface ReadDocumentDeps {
  ledger: Pick<Ledger, 'workflows'>;
  bus: Pick<Bus, 'request'>;
}

/** How long the data service may take to name its types. */
const TYPES_TIMEOUT_MS = 5_000;

const readBody = (body: unknown): unknown => {
  if (!(body instanceof YamlText)) return body;
  const parsed = parseDocument(body.text, 'yaml');
  if (!parsed.ok) throw refusal('workflow.invalid', parsed.violations);
  return parsed.value;
};

/**
 * The document in a body, if nothing is wrong with it.
 * @throws Failure `workflow.invalid` with every mistake, `data.unavailable`
 */
export const makeReadDocument =
  ({ ledger, bus }: ReadDocumentDeps) =>
  async ({ name, body }: { name: string; body: unknown }): Promise<WorkflowDocument> => {
    const input = readBody(body);
    const [types, workflows] = await Promise.all([
      bus.request<TypeDefinition[]>(requests.listTypes, null, {
        timeoutMs: TYPES_TIMEOUT_MS,
        unavailable: 'data.unavailable',
      }),
      readKnownWorkflows(ledger),
    ]);
    const result = checkDocument(input, { types, workflows });
    if (!result.ok) throw refusal('workflow.invalid', result.violations);
    const { document } = result;
    if (document.workflow !== name) {
      const detail = `must be "${name}", as in the path`;
      throw refusal('workflow.invalid', [{ pointer: '/workflow', detail, suggestion: name }]);
    }
    return document;
  };
