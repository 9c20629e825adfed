import { describe, expect, it } from 'vitest';
import { makeRouteTable } from './route-table.ts';

describe('the route table', () => {
  const routes = makeRouteTable();
  routes.add('GET', '/v1/runs/:id');
  routes.add(['POST', 'PUT'], '/v1/runs/:id');
  routes.add('GET', '/v1/runs');

  it('knows the methods of a real path', () => {
    expect(routes.methodsOf('/v1/runs/17')).toEqual(['GET', 'POST', 'PUT']);
    expect(routes.methodsOf('/v1/runs/')).toEqual(['GET']);
  });

  it('knows when there is nothing', () => {
    expect(routes.methodsOf('/v1/runs/17/events')).toEqual([]);
    expect(routes.methodsOf('/v2/runs')).toEqual([]);
  });
});
