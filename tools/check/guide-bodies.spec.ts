import { readFileSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { compileSchema, operations, type Operation } from '@nightshift/contracts';
import { workspaceRoot } from '@nightshift/testing';
import { describe, expect, it } from 'vitest';

const marked = /<!-- body of ([\w.]+) -->\s+```json\n([\s\S]*?)```/g;

const bodies = globSync('docs/guides/*.md', { cwd: workspaceRoot })
  .sort()
  .flatMap((page) =>
    [...readFileSync(join(workspaceRoot, page), 'utf8').matchAll(marked)].map(([, id, text]) => ({
      page,
      id: id!,
      body: JSON.parse(text!) as unknown,
    })),
  );

describe('bodies that guides show', () => {
  it('are found', () => expect(bodies.length).toBeGreaterThan(2));

  it.each(bodies)('$page, for $id', ({ id, body }) => {
    const { body: schema } = (operations as Record<string, Operation>)[id]!;
    expect(compileSchema(schema!)(body)).toEqual({ ok: true, value: body });
  });
});
