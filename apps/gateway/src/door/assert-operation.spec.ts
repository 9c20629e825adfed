import { expect, it } from 'vitest';
import { assertOperation } from './assert-operation.ts';

it('knows the routes of the contract', () => {
  expect(() => assertOperation('POST', '/v1/runs/:id/cancel')).not.toThrow();
  expect(() => assertOperation(['GET', 'PROPFIND'], '/wf/:name')).not.toThrow();
  expect(() => assertOperation(['OPTIONS', 'HEAD'], '/v1/nothing')).not.toThrow();
});

it.each([
  ['GET', '/v1/nothing'],
  ['PUT', '/v1/runs/:id/cancel'],
])('names %s %s, which is none', (method, path) => {
  expect(() => assertOperation(method, path)).toThrow(`${method} ${path}`);
});
