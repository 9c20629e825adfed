import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { findFaults } from '../../deploy/check/api-schema.ts';
import { findKustomize, render } from '../../deploy/check/kustomize.ts';
import { mayConnect } from '../../deploy/check/network-policy.ts';
import { workloadsOf } from '../../deploy/check/workload.ts';

/** Long enough to fetch a kubectl of 37 MB over a slow line, where the machine has none. */
const FETCH_TIMEOUT_MS = 180_000;

const overlays = fileURLToPath(new URL('../../deploy/overlays', import.meta.url));

it(
  'where prod says so, gateways reach issuers, and nothing that is inside',
  { timeout: FETCH_TIMEOUT_MS },
  async () => {
    const folder = await mkdtemp(join(overlays, 'with-issuers-'));
    try {
      const kustomization = 'resources:\n  - ../prod\ncomponents:\n  - ../../components/issuers\n';
      await writeFile(join(folder, 'kustomization.yaml'), kustomization);
      const objects = await render(await findKustomize(), folder);
      const reaching = (address: string, port: number): string[] =>
        workloadsOf(objects)
          .filter(({ labels }) => mayConnect(objects, { namespace: 'nightshift', labels }, { address }, port))
          .map(({ name }) => name)
          .sort();
      expect(reaching('1.1.1.1', 443)).toEqual(['nightshift-executor', 'nightshift-gateway']);
      for (const [address, port] of [
        ['1.1.1.1', 80],
        ['10.1.2.3', 443],
        ['169.254.169.254', 443],
      ] as const)
        expect(reaching(address, port)).not.toContain('nightshift-gateway');
      for (const object of objects) expect(await findFaults(object), object.metadata?.name).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);
