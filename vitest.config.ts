import { configDefaults, defineConfig } from 'vitest/config';

const resolve = {
  // Without `module`: it names what bundlers take, which Node cannot load from everybody.
  conditions: ['source', 'node', 'development|production'],
  externalConditions: ['source', 'node', 'module-sync'],
};

/**
 * Packages are taken from their sources, so that no test waits for a build; `__vitest__` loads the global set-ups.
 * Decorators are TypeScript's old ones, which Nest means; specs belong to no tsconfig.json that would say so.
 */
const fromSource = {
  resolve,
  ssr: { resolve },
  environments: { __vitest__: { resolve } },
  oxc: { decorator: { legacy: true } },
};

const exclude = [...configDefaults.exclude, '**/dist/**'];

export default defineConfig({
  ...fromSource,
  test: {
    passWithNoTests: true,
    projects: [
      {
        ...fromSource,
        test: {
          name: 'unit',
          include: ['{apps,libs,tools,bench}/**/*.spec.ts', 'test/simulation/*.spec.ts'],
          exclude,
          testTimeout: 5_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'integration',
          include: ['test/integration/**/*.spec.ts'],
          exclude,
          globalSetup: 'tools/check/shared-servers.ts',
          pool: 'forks',
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.spec.ts'],
          exclude,
          globalSetup: 'tools/check/built-services.ts',
          pool: 'forks',
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
