import type { IDeployment, IStatefulSet } from 'kubernetes-models/apps/v1';
import type { IJob } from 'kubernetes-models/batch/v1';
import type { IContainer, IEnvVar, IPodSpec } from 'kubernetes-models/v1';

import type { ClusterObject } from './cluster-object.ts';

/** Whatever makes pods, reduced to the pods it makes. */
export interface Workload {
  kind: 'Deployment' | 'Job' | 'StatefulSet';
  name: string;
  labels: Record<string, string>;
  pod: IPodSpec;
  containers: IContainer[];
}

const hasPods = (object: ClusterObject): object is IDeployment | IJob | IStatefulSet =>
  object.kind === 'Deployment' || object.kind === 'Job' || object.kind === 'StatefulSet';

export const workloadsOf = (objects: readonly ClusterObject[]): Workload[] =>
  objects.filter(hasPods).map((object) => {
    const pod = object.spec?.template.spec;
    if (!pod) throw new Error(`${object.kind} ${object.metadata?.name} has no pod`);
    return {
      kind: object.kind,
      name: object.metadata?.name ?? '',
      labels: object.spec?.template.metadata?.labels ?? {},
      pod,
      containers: [...(pod.initContainers ?? []), ...pod.containers],
    };
  });

export const environmentOf = ({ containers }: Workload): IEnvVar[] => containers.flatMap(({ env }) => env ?? []);

/** A Secret or ConfigMap that a pod cannot start without; `key` is absent where all of it is taken. */
export interface Reference {
  kind: 'ConfigMap' | 'Secret';
  name: string;
  key?: string;
}

export const referencesOf = (workload: Workload): Reference[] => [
  ...environmentOf(workload).flatMap(({ valueFrom }): Reference[] => {
    const { secretKeyRef: secret, configMapKeyRef: configMap } = valueFrom ?? {};
    return [
      ...(secret ? [{ kind: 'Secret' as const, name: secret.name ?? '', key: secret.key }] : []),
      ...(configMap ? [{ kind: 'ConfigMap' as const, name: configMap.name ?? '', key: configMap.key }] : []),
    ];
  }),
  ...workload.containers
    .flatMap(({ envFrom }) => envFrom ?? [])
    .flatMap(({ secretRef, configMapRef }): Reference[] => [
      ...(secretRef ? [{ kind: 'Secret' as const, name: secretRef.name ?? '' }] : []),
      ...(configMapRef ? [{ kind: 'ConfigMap' as const, name: configMapRef.name ?? '' }] : []),
    ]),
  ...(workload.pod.volumes ?? []).flatMap(({ secret, configMap }): Reference[] => [
    ...(secret ? [{ kind: 'Secret' as const, name: secret.secretName ?? '' }] : []),
    ...(configMap ? [{ kind: 'ConfigMap' as const, name: configMap.name ?? '' }] : []),
  ]),
];
