import { operations, type Operation } from '@nightshift/contracts';

export const restPage = 'docs/reference/rest.md';

const topics = Map.groupBy(Object.entries<Operation>(operations), ([id]) => id.split('.')[0]!);

const isAudited = ({ method, isAudited: told }: Operation): boolean => method !== 'GET' && told !== false;

const rowOf = ([id, operation]: [string, Operation]): string => {
  const { method, path, access, summary, starts, forUsers } = operation;
  const role = starts ? `${access}, or the right to start it` : access;
  const cells = [
    `\`${id}\``,
    `\`${method} ${path}\``,
    summary,
    role,
    forUsers ? 'yes' : '',
    isAudited(operation) ? 'yes' : '',
  ];
  return `| ${cells.join(' | ')} |`;
};

const tableOf = ([topic, rows]: [string, [string, Operation][]]): string[] => [
  `## ${topic}`,
  '',
  '| Operation | Request | Does | Role | For users | Audited |',
  '| --- | --- | --- | --- | --- | --- |',
  ...rows.map(rowOf),
  '',
];

/** Every operation of the REST contract, and who may ask for it. */
export const describeRest = (): string =>
  [
    '# REST',
    '',
    'Everything that can be asked of the gateway, and the role that it needs: `viewer`, `operator`, `editor`, `admin`; each may do what those before it may. `public` is for ' +
      'anybody, or for whoever proves himself otherwise. `GET /openapi.json` says the same with bodies, answers and failures, and `/docs` is a page for it: ' +
      '[the REST contract](../guides/rest.md).',
    '',
    '**For users**: can be asked for as a user, whose privacy rules then hold. **Audited**: is in the audit log; whatever else changes something has a history of its own.',
    '',
    ...[...topics].flatMap(tableOf),
    'This page is generated from `libs/contracts/src/operations`: `node tools/bootstrap.mjs tools/check/generated-docs.ts` writes it.',
    '',
  ].join('\n');
