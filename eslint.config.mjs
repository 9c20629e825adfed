import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import { bannedSyntax } from './tools/check/banned-syntax.mjs';
import { moduleBoundaries } from './tools/check/module-boundaries.mjs';

const code = ['**/*.ts', '**/*.mjs'];
const tests = ['**/*.spec.ts', 'test/**', 'bench/**'];

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.nightshift/**', 'coverage/**', 'tools/check/canaries/**'],
  },
  { files: code, extends: [tseslint.configs.recommended], plugins: { '@nx': nx } },
  {
    files: code,
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-restricted-imports': ['error', { name: '@nestjs/common', importNames: ['forwardRef'] }],
      'prefer-template': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    // A list of names, however long.
    files: ['libs/*/src/index.ts'],
    rules: { 'max-lines': 'off' },
  },
  {
    files: ['**/*.ts'],
    languageOptions: {
      parserOptions: { project: './tools/check/tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    },
  },
  { files: ['{apps,libs}/*/src/**/*.ts'], ignores: ['libs/testing/**', ...tests], rules: { 'no-console': 'error' } },
  ...bannedSyntax,
  ...moduleBoundaries,
);
