import type { DetectedParameters } from '@nightshift/contracts';
import type { Ledger } from '@nightshift/ledger';
import { refusal } from '../../door/checked.ts';
import type { PublishedWorkflows } from '../../workflows/published-workflows.ts';
import type { EndpointCall } from '../endpoint-call.ts';
import { readBody } from '../read-body.ts';
import { mergeShapes, shapeOf, type Shape } from './shape.ts';

export interface DetectParametersDeps {
  ledger: Pick<Ledger, 'endpointSamples'>;
  published: Pick<PublishedWorkflows, 'loadNewest'>;
}

/** A sample as it came in. */
export type Sample = Pick<EndpointCall, 'name' | 'headers' | 'body' | 'parseJson' | 'query'>;

/** Of each workflow; what is older than an hour counts no more. */
const SAMPLES_MOST = 50;
const SAMPLE_AGE_MS = 60 * 60_000;

/** What every client and proxy sends, and what nobody should keep. */
const ownHeaders =
  /^(accept(-.*)?|authorization|connection|content-(length|type|encoding)|cookie|expect|host|idempotency-key|keep-alive|nightshift-.*|origin|prefer|proxy-.*|referer|sec-.*|te|trailer|transfer-encoding|upgrade|user-agent|via|x-forwarded-.*|x-real-ip)$/;

/** Parameters as samples have them. Of a sample no value is kept, and nothing is run. */
export const makeDetectParameters = ({ ledger, published }: DetectParametersDeps) => {
  const proposal = async (workflow: string): Promise<DetectedParameters> => {
    const shapes = (await ledger.endpointSamples.list(workflow, SAMPLE_AGE_MS)) as Shape[];
    const none: Shape = { type: 'object', properties: {} };
    return {
      workflow,
      parameters: shapes.length === 0 ? none : shapes.reduce(mergeShapes),
      samples: shapes.length,
    };
  };

  return {
    /**
     * Takes a sample, and says what it looks like together with those before it.
     * @throws Failure `request.invalid` for what has no keys, `request.malformed`, `request.unsupported_media_type`, `ledger.unavailable`
     */
    add: async (sample: Sample, hasHeaders: boolean): Promise<DetectedParameters> => {
      const body = await readBody(sample as EndpointCall, false);
      const given = body.kind === 'json' ? body.value : body.kind === 'form' ? body.fields : {};
      if (typeof given !== 'object' || given === null || Array.isArray(given))
        throw refusal('request.invalid', [
          {
            pointer: '',
            detail: 'must be an object: its keys become parameters; expose.bodyAs takes another body whole',
          },
        ]);
      const { headers: _headers, ...query } = sample.query;
      const shape = mergeSources(shapeOf(given, body.kind === 'form'), shapeOf(query, true));
      if (hasHeaders) addHeaders(shape, sample.headers);
      await ledger.endpointSamples.keep(sample.name, shape, SAMPLES_MOST, SAMPLE_AGE_MS);
      const saved = await published.loadNewest(sample.name).catch(() => undefined);
      const check = saved?.document.parameters === undefined ? undefined : saved.check({ ...query, ...given });
      return { ...(await proposal(sample.name)), ...(check && !check.ok && { differences: check.violations }) };
    },

    get: proposal,

    clear: (workflow: string): Promise<void> => ledger.endpointSamples.clear(workflow),
  };
};

/** Keys of the body and of the query are one sample. */
const mergeSources = (body: Shape, query: Shape): Shape => ({
  type: 'object',
  properties: { ...query.properties, ...body.properties },
  required: [...new Set([...(query.required ?? []), ...(body.required ?? [])])].sort(),
});

const addHeaders = (shape: Shape, headers: Sample['headers']): void => {
  const names = Object.keys(headers)
    .filter((name) => !ownHeaders.test(name))
    .sort();
  shape.properties = {
    ...shape.properties,
    headers: {
      type: 'object',
      properties: Object.fromEntries(names.map((name) => [name, { type: 'string' as const }])),
      required: names,
    },
  };
  shape.required = [...(shape.required ?? []), 'headers'].sort();
};
