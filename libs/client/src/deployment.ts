import type { Thing } from '@nightshift/contracts';

/**
 * What there is in one deployment: its workflows and its types of data. `generateTypes` of `@nightshift/client/types` writes one, and
 * `createClient<MyDeployment>()` then knows names, parameters, results and fields.
 */
export interface Deployment {
  workflows: Record<string, { parameters: object; result: unknown }>;
  types: Record<string, { thing: object; create: object; change: object }>;
}

/** A deployment of which nothing is known. */
export interface AnyDeployment {
  workflows: Record<string, { parameters: Record<string, unknown>; result: unknown }>;
  types: Record<string, { thing: Thing; create: Record<string, unknown>; change: Record<string, unknown> }>;
}

export type WorkflowOf<D extends Deployment> = keyof D['workflows'] & string;
export type ParametersOf<D extends Deployment, W extends WorkflowOf<D>> = D['workflows'][W]['parameters'];
export type ResultOf<D extends Deployment, W extends WorkflowOf<D>> = D['workflows'][W]['result'];
export type TypeOf<D extends Deployment> = keyof D['types'] & string;
export type ThingOf<D extends Deployment, T extends TypeOf<D>> = D['types'][T]['thing'];

/** Parameters may be left out where none is required. */
export type WithParameters<Parameters, Options> =
  Partial<Parameters> extends Parameters
    ? [parameters?: Parameters, options?: Options]
    : [parameters: Parameters, options?: Options];
