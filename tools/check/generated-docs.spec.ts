import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@nightshift/testing';
import { expect, test } from 'vitest';
import { generateDocs } from './generated-docs.ts';

test('generated pages are what the code says', async () => {
  for (const { path, text } of await generateDocs()) {
    const hint = `${path} is out of date: node tools/bootstrap.mjs tools/check/generated-docs.ts`;
    expect(readFileSync(join(workspaceRoot, path), 'utf8'), hint).toBe(text);
  }
  // It compiles the contracts.
}, 60_000);
