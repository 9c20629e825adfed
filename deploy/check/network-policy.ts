import { BlockList, isIPv6 } from 'node:net';

import type { INetworkPolicy, INetworkPolicyPeer, INetworkPolicyPort } from 'kubernetes-models/networking.k8s.io/v1';

import type { ClusterObject } from './cluster-object.ts';

/** One end of a connection: a pod, or an address outside the cluster. */
export type End = { namespace: string; labels: Record<string, string> } | { address: string };

type Selector = NonNullable<INetworkPolicyPeer['podSelector']>;

export const selects = (selector: Selector, labels: Record<string, string>): boolean =>
  Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const label = labels[key];
    if (operator === 'Exists') return label !== undefined;
    if (operator === 'In') return label !== undefined && values.includes(label);
    throw new Error(`a selector uses ${operator}, which this check does not know`);
  });

const isInside = (address: string, cidr: string): boolean => {
  const [network = '', prefix] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(prefix), isIPv6(network) ? 'ipv6' : 'ipv4');
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
};

const isPeer = (
  { ipBlock, podSelector, namespaceSelector }: INetworkPolicyPeer,
  policy: INetworkPolicy,
  end: End,
): boolean => {
  if (ipBlock) {
    return (
      'address' in end &&
      isInside(end.address, ipBlock.cidr) &&
      !(ipBlock.except ?? []).some((cidr) => isInside(end.address, cidr))
    );
  }
  if ('address' in end) return false;
  const inNamespace = namespaceSelector
    ? selects(namespaceSelector, { 'kubernetes.io/metadata.name': end.namespace })
    : end.namespace === policy.metadata?.namespace;
  return inNamespace && (!podSelector || selects(podSelector, end.labels));
};

const isPort = (
  { port: first, endPort = Number(first), protocol = 'TCP' }: INetworkPolicyPort,
  port: number,
): boolean => protocol === 'TCP' && (first === undefined || (port >= Number(first) && port <= endPort));

const allows = (
  objects: readonly ClusterObject[],
  direction: 'Egress' | 'Ingress',
  end: End,
  other: End,
  port: number,
): boolean => {
  if ('address' in end) return true;
  const policies = objects.filter(
    (object) =>
      object.kind === 'NetworkPolicy' &&
      object.metadata?.namespace === end.namespace &&
      (object.spec?.policyTypes ?? []).includes(direction) &&
      selects(object.spec?.podSelector ?? {}, end.labels),
  ) as INetworkPolicy[];
  return (
    policies.length === 0 ||
    policies.some((policy) => {
      const rules =
        direction === 'Egress'
          ? (policy.spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports }))
          : (policy.spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }));
      return rules.some(
        ({ peers, ports }) =>
          (!peers || peers.some((peer) => isPeer(peer, policy, other))) &&
          (!ports || ports.some((each) => isPort(each, port))),
      );
    })
  );
};

/** Whether the NetworkPolicies among the objects let `from` open a TCP connection to `to`, as a cluster that enforces them would. */
export const mayConnect = (objects: readonly ClusterObject[], from: End, to: End, port: number): boolean =>
  allows(objects, 'Egress', from, to, port) && allows(objects, 'Ingress', to, from, port);
