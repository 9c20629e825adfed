import { access, readFile, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { streams } from '@nightshift/contracts';
import { beforeAll, describe, expect, it } from 'vitest';

import { findFaults } from '../../deploy/check/api-schema.ts';
import type { ClusterObject } from '../../deploy/check/cluster-object.ts';
import { findKustomize, render } from '../../deploy/check/kustomize.ts';
import { mayConnect, selects, type End } from '../../deploy/check/network-policy.ts';
import { environmentOf, referencesOf, workloadsOf, type Workload } from '../../deploy/check/workload.ts';

const OVERLAYS = ['dev', 'prod'] as const;
const SERVICES = ['gateway', 'scheduler', 'executor', 'trigger', 'data'];

/** Long enough to fetch a kubectl of 37 MB over a slow line, where the machine has none. */
const FETCH_TIMEOUT_MS = 180_000;

const inProject = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Every source below the folders, but for tests, as one text. */
const readAll = async (folders: string[]): Promise<string> => {
  const files = await Promise.all(
    folders.map((folder) => readdir(inProject(folder), { recursive: true, withFileTypes: true })),
  );
  const sources = files
    .flat()
    .filter((file) => file.isFile() && file.name.endsWith('.ts') && !file.name.endsWith('.spec.ts'));
  return (await Promise.all(sources.map((file) => readFile(join(file.parentPath, file.name), 'utf8')))).join('\n');
};

const rendered: Record<string, ClusterObject[]> = {};

beforeAll(async () => {
  const kustomize = await findKustomize();
  for (const overlay of OVERLAYS) rendered[overlay] = await render(kustomize, inProject(`deploy/overlays/${overlay}`));
}, FETCH_TIMEOUT_MS);

const objectsOf = (overlay: string): ClusterObject[] => rendered[overlay] ?? [];

const ofKind = <K extends ClusterObject['kind']>(
  objects: ClusterObject[],
  kind: K,
): Extract<ClusterObject, { kind: K }>[] =>
  objects.filter((object): object is Extract<ClusterObject, { kind: K }> => object.kind === kind);

const nameOf = (object: ClusterObject): string => object.metadata?.name ?? '';

const workload = (overlay: string, name: string): Workload => {
  const found = workloadsOf(objectsOf(overlay)).find((each) => each.name === name);
  if (!found) throw new Error(`${overlay} has no workload ${name}`);
  return found;
};

const podOf = (overlay: string, name: string): End => ({
  namespace: 'nightshift',
  labels: workload(overlay, name).labels,
});

const servicesOf = (overlay: string): Workload[] =>
  SERVICES.map((service) => workload(overlay, `nightshift-${service}`));

const jobOf = (overlay: string): string => ofKind(objectsOf(overlay), 'Job').map(nameOf)[0] ?? '';

describe.each(OVERLAYS)('overlay %s', (overlay) => {
  it('renders objects that the Kubernetes API knows, with no key that it would drop', async () => {
    const faults = await Promise.all(
      objectsOf(overlay).map(async (object) => ({
        object: `${object.kind} ${nameOf(object)}`,
        faults: await findFaults(object),
      })),
    );
    expect(faults.length).toBeGreaterThan(SERVICES.length);
    expect(faults.filter((each) => each.faults.length > 0)).toEqual([]);
  });

  it('puts everything into one namespace that enforces the restricted pod security standard', () => {
    const [namespace, ...others] = [...objectsOf(overlay)].sort((a) => (a.kind === 'Namespace' ? -1 : 1));
    expect(namespace?.metadata).toMatchObject({
      name: 'nightshift',
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
    expect(others.map((object) => object.metadata?.namespace)).toEqual(others.map(() => 'nightshift'));
  });

  it('limits and confines every container', () => {
    for (const { name, pod, containers } of workloadsOf(objectsOf(overlay))) {
      expect(pod, name).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(pod.securityContext?.runAsUser, name).toBeGreaterThan(0);
      for (const { securityContext, resources } of containers) {
        expect(securityContext, name).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(resources, name).toEqual({
          requests: { cpu: expect.any(String), memory: expect.any(String) },
          limits: { memory: expect.any(String) },
        });
      }
    }
  });

  it('probes everything that stays up, the services on the paths that they serve', () => {
    for (const { kind, name, containers } of workloadsOf(objectsOf(overlay))) {
      for (const { startupProbe, livenessProbe, readinessProbe } of kind === 'Job' ? [] : containers) {
        expect([startupProbe, livenessProbe, readinessProbe], name).not.toContain(undefined);
      }
    }
    const [config] = ofKind(objectsOf(overlay), 'ConfigMap').filter((each) =>
      nameOf(each).startsWith('nightshift-config'),
    );
    for (const { name, containers } of servicesOf(overlay)) {
      expect(containers, name).toMatchObject([
        {
          ports: [{ name: 'http', containerPort: Number(config?.data?.['NIGHTSHIFT_HTTP_PORT']) }],
          startupProbe: { httpGet: { path: '/healthz', port: 'http' } },
          livenessProbe: { httpGet: { path: '/healthz', port: 'http' } },
          readinessProbe: { httpGet: { path: '/readyz', port: 'http' } },
        },
      ]);
    }
  });

  it('runs pinned images, its own with the version of this repository', async () => {
    const { version } = JSON.parse(await readFile(inProject('package.json'), 'utf8')) as { version: string };
    for (const { name, containers } of workloadsOf(objectsOf(overlay))) {
      for (const { image = '' } of containers)
        expect(image, name).toMatch(/:\d+\.\d+(\.\d+)?(-[\w.]+)?$|@sha256:[0-9a-f]{64}$/);
    }
    for (const { name, containers } of [...servicesOf(overlay), workload(overlay, jobOf(overlay))]) {
      expect(containers[0]?.image, name).toMatch(new RegExp(`(^|/)nightshift:${version}$`));
    }
    expect(jobOf(overlay)).toBe(`nightshift-migrate-${version}`);
  });

  it('starts programs that the repository has, with variables that they read', async () => {
    const [config] = ofKind(objectsOf(overlay), 'ConfigMap').filter((each) =>
      nameOf(each).startsWith('nightshift-config'),
    );
    for (const each of [...servicesOf(overlay), workload(overlay, jobOf(overlay))]) {
      const [node, ...rest] = each.containers[0]?.command ?? [];
      const program = rest.find((argument) => !argument.startsWith('--')) ?? '';
      expect(node).toBe('node');
      const source = program.replace('/dist/', '/src/').replace(/\.js$/, '.ts');
      const read =
        each.kind === 'Job'
          ? await readFile(inProject(source), 'utf8')
          : await readAll([dirname(source), 'libs/runtime/src']);
      const given = [
        ...environmentOf(each).map(({ name }) => name),
        ...Object.keys(each.kind === 'Job' ? {} : (config?.data ?? {})),
      ];
      const unread = given.filter((name) => name.startsWith('NIGHTSHIFT_') && !read.includes(name));
      expect(unread, `${source} reads`).toEqual([]);
      await access(inProject(source));
    }
  });

  it('gives each service its own login, and no other secret but what it alone needs', () => {
    const secretsOf = (each: Workload): string[] =>
      referencesOf(each)
        .filter(({ kind }) => kind === 'Secret')
        .map(({ name }) => name)
        .sort();
    const alone: Record<string, string[]> = {
      gateway: ['nightshift-admin-key', 'nightshift-secrets-key'],
      executor: ['nightshift-secrets-key'],
    };
    for (const service of SERVICES) {
      const expected = [`nightshift-database-${service}`, 'nightshift-nats', ...(alone[service] ?? [])];
      expect(secretsOf(workload(overlay, `nightshift-${service}`))).toEqual(expected.sort());
    }
    expect(secretsOf(workload(overlay, jobOf(overlay)))).toEqual(['nightshift-database-migrate']);
  });

  it('defines every variable before another one uses it', () => {
    for (const each of workloadsOf(objectsOf(overlay))) {
      const variables = environmentOf(each);
      variables.forEach(({ name, value = '' }, index) => {
        const defined = variables.slice(0, index).map((earlier) => earlier.name);
        expect(defined, `${each.name} ${name}`).toEqual(
          expect.arrayContaining([...value.matchAll(/\$\((\w+)\)/g)].map(([, used]) => used)),
        );
      });
    }
  });

  it('refers to ConfigMaps that it renders', () => {
    const rendered = ofKind(objectsOf(overlay), 'ConfigMap').map(nameOf);
    const used = workloadsOf(objectsOf(overlay))
      .flatMap(referencesOf)
      .filter(({ kind }) => kind === 'ConfigMap');
    expect(rendered).toEqual(expect.arrayContaining(used.map(({ name }) => name)));
    expect(used.map(({ name }) => name)).toEqual(expect.arrayContaining(rendered));
  });

  it('keeps every workload through a drain, and under a policy of its own beside the refusal of everything', () => {
    const budgets = ofKind(objectsOf(overlay), 'PodDisruptionBudget');
    const policies = ofKind(objectsOf(overlay), 'NetworkPolicy');
    const refusal = policies.find((policy) => nameOf(policy) === 'nightshift-default-deny');
    expect(refusal?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    for (const { kind, name, labels } of workloadsOf(objectsOf(overlay))) {
      const kept = budgets.filter(({ spec }) => selects(spec?.selector ?? {}, labels));
      expect(
        kept.map(({ spec }) => spec?.maxUnavailable),
        name,
      ).toEqual(kind === 'Job' ? [] : [1]);
      const own = policies.filter(
        ({ spec }) => Object.keys(spec?.podSelector ?? {}).length > 0 && selects(spec?.podSelector ?? {}, labels),
      );
      expect(own, name).not.toEqual([]);
    }
  });

  it('sends every Service to pods that exist', () => {
    const labels = workloadsOf(objectsOf(overlay)).map((each) => each.labels);
    for (const { spec, metadata } of ofKind(objectsOf(overlay), 'Service')) {
      expect(
        labels.filter((each) => selects({ matchLabels: spec?.selector ?? {} }, each)),
        metadata?.name,
      ).not.toEqual([]);
    }
  });

  it('lets the subscriber of NATS read the events of runs and its own inbox, and write nothing', () => {
    const [conf = ''] = ofKind(objectsOf(overlay), 'ConfigMap').flatMap(({ data }) => data?.['nats.conf'] ?? []);
    const readable = [...streams.runEvents.subjects, '_INBOX_subscriber.>'].map((subject) => `"${subject}"`).join(', ');
    expect(conf).toContain(`permissions { publish: { deny: ">" }, subscribe: { allow: [${readable}] } }`);
  });

  it('lets services talk to NATS, and not to each other', () => {
    for (const service of SERVICES) {
      const from = podOf(overlay, `nightshift-${service}`);
      expect(mayConnect(objectsOf(overlay), from, podOf(overlay, 'nightshift-nats'), 4222), service).toBe(true);
      for (const other of SERVICES.filter((each) => each !== service && each !== 'gateway')) {
        expect(
          mayConnect(objectsOf(overlay), from, podOf(overlay, `nightshift-${other}`), 8080),
          `${service} → ${other}`,
        ).toBe(false);
      }
    }
    expect(
      mayConnect(objectsOf(overlay), podOf(overlay, jobOf(overlay)), podOf(overlay, 'nightshift-nats'), 4222),
    ).toBe(false);
  });

  it('lets in anyone at the gateway, a metrics collector everywhere, and nobody else', () => {
    const stranger: End = { namespace: 'default', labels: {} };
    const collector: End = { namespace: 'monitoring', labels: {} };
    for (const service of SERVICES) {
      const to = podOf(overlay, `nightshift-${service}`);
      expect(mayConnect(objectsOf(overlay), stranger, to, 8080), service).toBe(service === 'gateway');
      expect(mayConnect(objectsOf(overlay), collector, to, 8080), service).toBe(true);
    }
    expect(mayConnect(objectsOf(overlay), stranger, podOf(overlay, 'nightshift-nats'), 4222)).toBe(false);
  });

  it.each(['1.1.1.1', '2606:4700:4700::1111'])('lets only the executor reach %s', (address) => {
    const reaching = workloadsOf(objectsOf(overlay)).filter(({ name }) =>
      mayConnect(objectsOf(overlay), podOf(overlay, name), { address }, 443),
    );
    expect(reaching.map(({ name }) => name)).toEqual(['nightshift-executor']);
  });

  it.each([
    '10.1.2.3',
    '172.20.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '127.0.0.1',
    '169.254.169.254',
    '::1',
    'fd00::1',
    'fe80::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
    '2002:a00:1::1',
  ])('lets nothing reach %s over HTTP', (address) => {
    for (const { name } of workloadsOf(objectsOf(overlay))) {
      for (const port of [80, 443])
        expect(mayConnect(objectsOf(overlay), podOf(overlay, name), { address }, port), name).toBe(false);
    }
  });
});

describe('overlay dev', () => {
  it('has every secret that it refers to, and says of each that it is for development', () => {
    const secrets = new Map(ofKind(objectsOf('dev'), 'Secret').map((secret) => [nameOf(secret), secret.data ?? {}]));
    for (const { name, key = '' } of workloadsOf(objectsOf('dev'))
      .flatMap(referencesOf)
      .filter(({ kind }) => kind === 'Secret')) {
      expect(Buffer.from(secrets.get(name)?.[key] ?? '', 'base64').toString(), `${name} ${key}`).toContain('dev-only');
    }
  });

  it('has a Postgres with logical replication that the services and the migrations reach, and nothing else does', () => {
    expect(workload('dev', 'nightshift-postgres').containers[0]?.args).toContain('wal_level=logical');
    const reaching = workloadsOf(objectsOf('dev')).filter(({ name }) =>
      mayConnect(objectsOf('dev'), podOf('dev', name), podOf('dev', 'nightshift-postgres'), 5432),
    );
    expect(reaching.map(({ name }) => name).sort()).toEqual(
      [...SERVICES.map((service) => `nightshift-${service}`), jobOf('dev')].sort(),
    );
  });

  it('gives Postgres the URL of every login that the others use', () => {
    const used = [...servicesOf('dev'), workload('dev', jobOf('dev'))]
      .flatMap(referencesOf)
      .filter(({ name }) => name.startsWith('nightshift-database-'));
    expect(referencesOf(workload('dev', 'nightshift-postgres'))).toEqual(expect.arrayContaining(used));
  });
});

describe('overlay prod', () => {
  it('holds no secret', () => {
    expect(ofKind(objectsOf('prod'), 'Secret')).toEqual([]);
    const text = JSON.stringify(objectsOf('prod'));
    expect(text).not.toContain('dev-only');
    // Credentials in a URL, and the words of configuration files: only ever a variable.
    expect(text.match(/:\/\/[^\s/"@:]+:(?!\$\()[^\s/"@]+@/g)).toBeNull();
    expect(text.match(/(password|secret|token)\s*[:=]\s*(?!\$)[^\s,}]+/gi)).toBeNull();
    for (const each of workloadsOf(objectsOf('prod')).flatMap(environmentOf)) {
      if (/PASSWORD|KEY|SECRET|TOKEN/.test(each.name)) expect(each.value ?? '$(from a secret)').toMatch(/^"?\$\(/);
    }
  });

  it('refers only to secrets that the guide says how to make', async () => {
    const guide = await readFile(inProject('docs/guides/deploy.md'), 'utf8');
    for (const { name, key } of workloadsOf(objectsOf('prod'))
      .flatMap(referencesOf)
      .filter(({ kind }) => kind === 'Secret')) {
      expect(guide).toMatch(new RegExp(`^\\| \`${name}\` +\\| \`${key}\` `, 'm'));
    }
  });

  it('runs every service at least twice, and leaves the number to whom it belongs', () => {
    const scalers = new Map(
      ofKind(objectsOf('prod'), 'HorizontalPodAutoscaler').map(({ spec }) => [spec?.scaleTargetRef.name, spec]),
    );
    expect([...scalers.keys()].sort()).toEqual(['nightshift-executor', 'nightshift-gateway']);
    for (const deployment of ofKind(objectsOf('prod'), 'Deployment')) {
      const scaler = scalers.get(nameOf(deployment));
      expect(scaler?.minReplicas ?? deployment.spec?.replicas, nameOf(deployment)).toBeGreaterThanOrEqual(2);
      if (scaler) expect(deployment.spec?.replicas, nameOf(deployment)).toBeUndefined();
    }
  });

  it('runs three NATS nodes on different machines, each with a route to all', () => {
    const [nats] = ofKind(objectsOf('prod'), 'StatefulSet');
    expect(nats?.spec).toMatchObject({
      replicas: 3,
      template: {
        spec: {
          affinity: {
            podAntiAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname' }],
            },
          },
        },
      },
      volumeClaimTemplates: [{ spec: { resources: { requests: { storage: expect.any(String) } } } }],
    });
    const [configuration] = ofKind(objectsOf('prod'), 'ConfigMap').flatMap(({ data }) => data?.['nats.conf'] ?? []);
    const routes = [0, 1, 2].map((node) => `nats://${nameOf(nats!)}-${node}.${nats?.spec?.serviceName}:6222`);
    expect(configuration?.match(/nats:\/\/[^"\s]+/g)).toEqual(routes);
    const node = podOf('prod', 'nightshift-nats');
    expect(mayConnect(objectsOf('prod'), node, node, 6222)).toBe(true);
  });
});

describe('image', () => {
  it('has the Node of the repository, and the user that the pods run as', async () => {
    const dockerfile = await readFile(inProject('deploy/Dockerfile'), 'utf8');
    const manifest = JSON.parse(await readFile(inProject('package.json'), 'utf8')) as {
      devDependencies: { node: string };
    };
    expect(dockerfile).toContain(`node:${manifest.devDependencies.node}-`);
    const { runAsUser, runAsGroup } = workload('prod', 'nightshift-gateway').pod.securityContext ?? {};
    expect(dockerfile.match(/^USER .*$/gm)).toEqual([`USER ${runAsUser}:${runAsGroup}`]);
  });
});

describe('the check of objects', () => {
  const broken = (
    change: (container: Record<string, unknown>, spec: Record<string, unknown>) => void,
  ): Promise<string[]> => {
    const deployment = structuredClone(ofKind(objectsOf('prod'), 'Deployment')[0]!);
    const spec = deployment.spec as unknown as Record<string, unknown>;
    change(deployment.spec!.template.spec!.containers[0] as unknown as Record<string, unknown>, spec);
    return findFaults(deployment);
  };

  it('catches a key that is misspelt, deep inside', async () => {
    expect(await broken((container) => (container['readinesProbe'] = container['readinessProbe']))).toEqual([
      '/spec/template/spec/containers/0/readinesProbe is not a key of the Kubernetes API',
    ]);
  });

  it('catches a value of the wrong type', async () => {
    expect(await broken((_, spec) => (spec['replicas'] = 'two'))).toEqual([
      '/spec/replicas breaks type {"type":"integer"}',
    ]);
  });

  it('catches a required key that is missing', async () => {
    expect(await broken((_, spec) => delete spec['selector'])).toEqual([
      '/spec breaks required {"missingProperty":"selector"}',
    ]);
  });

  it.each([
    ['apps/v1', 'Deploymnet'],
    ['extensions/v1beta1', 'Deployment'],
  ])('catches a kind or version that the API does not serve: %s %s', async (apiVersion, kind) => {
    expect(await findFaults({ apiVersion, kind })).toEqual([`the Kubernetes API serves no ${kind} in ${apiVersion}`]);
  });
});
