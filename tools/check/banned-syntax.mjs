/**
 * What is not written in which part of the tree. `no-restricted-syntax` of a later entry replaces that of an earlier
 * one, so every entry lists all that holds for its files.
 */

const everywhere = [
  { selector: 'ExportAllDeclaration', message: 'Name what you export: export * hides what a package promises.' },
];

const environment = {
  selector: 'MemberExpression[object.name="process"][property.name="env"]',
  message: 'Configuration is read once, in main.ts, through the schema of libs/runtime.',
};

const spelledSubjects = ['Literal[value=/^ns\\./]', 'TemplateElement[value.raw=/^ns\\./]'].map((selector) => ({
  selector,
  message: 'Subjects are declared once, in libs/contracts/src/subjects.ts.',
}));

const pure = [
  ['ClassDeclaration, ClassExpression', 'The core has no classes: values and functions.'],
  [
    ':function[async=true], AwaitExpression, ForOfStatement[await=true]',
    'The core does not wait: it returns what is to be done.',
  ],
  [
    ':matches(ImportDeclaration, ExportNamedDeclaration)[source.value=/^node:/], ImportExpression',
    'The core looks nothing up: no Node module, no dynamic import.',
  ],
  ['MemberExpression[object.name="Date"][property.name="now"]', 'The clock is an argument.'],
  ['NewExpression[callee.name="Date"][arguments.length=0]', 'The clock is an argument.'],
  ['MemberExpression[object.name="Math"][property.name="random"]', 'Randomness is an argument.'],
  [
    'CallExpression[callee.name=/^(setTimeout|setInterval|setImmediate|queueMicrotask|fetch)$/]',
    'The core has no effects.',
  ],
  ['Identifier[name="process"]', 'The core knows no process.'],
].map(([selector, message]) => ({ selector, message }));

const ban = (files, ignores, entries) => ({ files, ignores, rules: { 'no-restricted-syntax': ['error', ...entries] } });

const tests = ['**/*.spec.ts', '**/*.fixture.ts'];
const sources = '{apps,libs}/*/src/**/*.ts';
/** Launchers and the command line pass an environment on, the loader of the configuration reads it. */
const readers = ['apps/*/src/main.ts', 'libs/cli/src/main.ts', 'libs/runtime/src/read-config.ts', 'libs/testing/**'];

export const bannedSyntax = [
  ban(['**/*.ts'], [], everywhere),
  ban([sources], [...tests, ...readers], [...everywhere, environment, ...spelledSubjects]),
  ban(readers, tests, [...everywhere, ...spelledSubjects]),
  ban(['libs/contracts/src/subjects.ts'], [], [...everywhere, environment]),
  ban(['libs/workflow-core/src/**/*.ts'], tests, [...everywhere, environment, ...spelledSubjects, ...pure]),
];
