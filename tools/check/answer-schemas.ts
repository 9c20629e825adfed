import { join } from 'node:path';
import { operations, type Operation } from '@nightshift/contracts';
import { workspaceRoot } from '@nightshift/testing';
import ts from 'typescript';
import { makeTypeSchemas, type JsonSchema } from './type-schemas.ts';

/** Where the gateway reads them. */
export const answersFile = 'apps/gateway/src/openapi/answer-schemas.json';

const folder = join(workspaceRoot, 'libs/contracts/src');
/** Exists in the compiler alone: one member for each answer. */
const answersSource = join(folder, 'answers.generated.ts');

const withoutContent = new Set(['101', '204', '304']);

/** Types that operations answer with as JSON: `RunView`, `Page<RunView>`. What has a slash is a media type. */
const answerTypes = (): string[] => [
  ...new Set([
    'Problem',
    ...Object.values<Operation>(operations)
      .flatMap(({ answers = {} }) => Object.entries(answers))
      .flatMap(([status, answer]) => (withoutContent.has(status) ? [] : answer))
      .flatMap((answer = '') => answer.split(' | '))
      .filter((answer) => answer !== '' && !answer.includes('/')),
  ]),
];

/** `Page<RunView>` as a component's name: `RunViewPage`. */
const componentName = (type: string): string => type.replace(/^(\w+)<(\w+)>$/, '$2$1');

const sourceOf = (types: readonly string[]): string => {
  const names = new Set(types.flatMap((type) => type.match(/\w+/g) ?? []));
  const members = types.map((type, index) => `  answer${index}: ${type};`);
  return `import type { ${[...names].join(', ')} } from './index.ts';\nexport interface Answers {\n${members.join('\n')}\n}\n`;
};

const compile = (source: string): ts.Program => {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2024,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (path) => path === answersSource || fileExists(path);
  host.readFile = (path) => (path === answersSource ? source : readFile(path));
  host.getSourceFile = (path, ...more) =>
    path === answersSource
      ? ts.createSourceFile(path, source, ts.ScriptTarget.ES2024, true)
      : getSourceFile(path, ...more);
  return ts.createProgram([answersSource], options, host);
};

/**
 * JSON Schemas of all answers, made from their TypeScript types: by component, with what their comments say.
 * @throws Error naming an answer that is no exported type, or a type that JSON does not have
 */
export const answerSchemas = (): Record<string, JsonSchema> => {
  const types = answerTypes();
  const program = compile(sourceOf(types));
  const file = program.getSourceFile(answersSource)!;
  const [mistake] = program.getSemanticDiagnostics(file);
  if (mistake) throw new Error(`an answer is no type: ${ts.flattenDiagnosticMessageText(mistake.messageText, '\n')}`);
  const checker = program.getTypeChecker();
  const schemas = makeTypeSchemas(checker, folder);
  const answers = file.statements.find(ts.isInterfaceDeclaration)!;
  answers.members.forEach((member, index) => {
    const name = componentName(types[index]!);
    schemas.define(name, (member as ts.PropertySignature).type!);
  });
  return schemas.all();
};
