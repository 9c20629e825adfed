interface SchemaFault {
  instancePath: string;
  message?: string;
  keyword: string;
  params: Record<string, unknown>;
}

/** A schema of the Kubernetes API, compiled by ajv: true, or false and the faults beside it. */
interface Validate {
  (object: unknown): boolean;
  errors?: SchemaFault[] | null;
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** `networking.k8s.io/v1`, `NetworkPolicy` → `IoK8sApiNetworkingV1NetworkPolicy`, as the API's own OpenAPI document has it. */
const schemaName = (apiVersion: string, kind: string): string => {
  const [version = '', group = 'core'] = apiVersion.split('/').reverse();
  return `IoK8sApi${capitalized(group.split('.')[0] ?? '')}${capitalized(version)}${kind}`;
};

const loadSchema = async (apiVersion: string, kind: string): Promise<Validate | undefined> => {
  try {
    const module = (await import(/* @vite-ignore */ `kubernetes-models/_schemas/${schemaName(apiVersion, kind)}`)) as {
      validate: Validate;
    };
    return module.validate;
  } catch {
    return undefined;
  }
};

const isComposite = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const pointerTo = (parent: string, key: string): string =>
  `${parent}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The same value, but every place that is looked at is noted. */
const watched = (value: unknown, pointer: string, looked: Set<string>): unknown =>
  isComposite(value)
    ? new Proxy(value, {
        get(target, key) {
          const child = target[key as string];
          if (typeof key === 'symbol' || !Object.hasOwn(target, key)) return child;
          looked.add(pointerTo(pointer, key));
          return watched(child, pointerTo(pointer, key), looked);
        },
      })
    : value;

const placesNotLookedAt = (value: unknown, pointer: string, looked: ReadonlySet<string>): string[] =>
  isComposite(value)
    ? Object.entries(value).flatMap(([key, child]) =>
        looked.has(pointerTo(pointer, key))
          ? placesNotLookedAt(child, pointerTo(pointer, key), looked)
          : [pointerTo(pointer, key)],
      )
    : [];

/**
 * What a Kubernetes API server (1.34, the version the package's schemas are made from) would say against the object's shape,
 * one sentence each; none when it is right.
 *
 * The API's schemas allow keys that they do not name, and the server drops them: so a misspelt probe is no probe. Here such a key
 * is a fault. A compiled schema looks at every key that it knows and at no other, which is how the unknown ones are found.
 */
export const findFaults = async (object: { apiVersion: string; kind: string }): Promise<string[]> => {
  // The package keeps the schemas of versions that servers have long stopped to serve; none of those was ever stable.
  const isStable = /(^|\/)v\d+$/.test(object.apiVersion);
  const validate = isStable ? await loadSchema(object.apiVersion, object.kind) : undefined;
  if (!validate) return [`the Kubernetes API serves no ${object.kind} in ${object.apiVersion}`];
  const looked = new Set<string>();
  validate(watched(object, '', looked));
  return [
    ...(validate.errors ?? []).map(
      (fault) => `${fault.instancePath} breaks ${fault.keyword} ${JSON.stringify(fault.params)}`,
    ),
    ...placesNotLookedAt(object, '', looked).map((pointer) => `${pointer} is not a key of the Kubernetes API`),
  ];
};
