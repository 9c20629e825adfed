import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { storageConfig } from '../../apps/gateway/src/files/storage/storage-config.ts';
import { findFaults } from '../../deploy/check/api-schema.ts';
import { findKustomize, render } from '../../deploy/check/kustomize.ts';
import { mayConnect } from '../../deploy/check/network-policy.ts';
import { environmentOf, referencesOf, workloadsOf } from '../../deploy/check/workload.ts';

/** Long enough to fetch a kubectl of 37 MB over a slow line, where the machine has none. */
const FETCH_TIMEOUT_MS = 180_000;

const overlays = fileURLToPath(new URL('../../deploy/overlays', import.meta.url));

it('in dev, files are on a volume that the gateways alone have', { timeout: FETCH_TIMEOUT_MS }, async () => {
  const objects = await render(await findKustomize(), join(overlays, 'dev'));
  const having = workloadsOf(objects).filter(({ pod }) =>
    pod.volumes?.some((volume) => volume.persistentVolumeClaim?.claimName === 'nightshift-files'),
  );
  expect(having.map(({ name }) => name)).toEqual(['nightshift-gateway']);
  const url = environmentOf(having[0]!).find(({ name }) => name === 'NIGHTSHIFT_FILES_URL')?.value ?? '';
  const mounts = having[0]!.containers[0]?.volumeMounts ?? [];
  expect(mounts.some(({ name, mountPath }) => name === 'files' && url.startsWith(`file://${mountPath}/`))).toBe(true);
});

it('where prod says so, in a bucket that the gateways alone reach', { timeout: FETCH_TIMEOUT_MS }, async () => {
  const folder = await mkdtemp(join(overlays, 'with-files-'));
  try {
    const kustomization = 'resources:\n  - ../prod\ncomponents:\n  - ../../components/files-s3\n';
    await writeFile(join(folder, 'kustomization.yaml'), kustomization);
    const objects = await render(await findKustomize(), folder);
    const having = workloadsOf(objects).filter((each) =>
      referencesOf(each).some(({ name }) => name === 'nightshift-files'),
    );
    expect(having.map(({ name }) => name)).toEqual(['nightshift-gateway']);
    const given = environmentOf(having[0]!).map(({ name }) => name);
    const settings = Object.keys(storageConfig).filter((name) => name !== 'NIGHTSHIFT_FILE_MAX_BYTES');
    expect(given).toEqual(expect.arrayContaining(settings));
    const reaching = workloadsOf(objects).filter(({ labels }) =>
      mayConnect(objects, { namespace: 'nightshift', labels }, { address: '1.1.1.1' }, 443),
    );
    expect(reaching.map(({ name }) => name).sort()).toEqual(['nightshift-executor', 'nightshift-gateway']);
    for (const object of objects) expect(await findFaults(object), object.metadata?.name).toEqual([]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
