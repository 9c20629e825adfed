import { operations, type Operation, type OperationId } from '@nightshift/contracts';
import type { FastifyRequest } from 'fastify';

/** By method and path, as the router writes it: `GET /v1/runs/:id`. */
const byRoute = new Map<string, Operation>(
  Object.values<Operation>(operations).map((operation) => [
    `${operation.method} ${operation.path.replace(/\{(\w+)\}/g, ':$1')}`,
    operation,
  ]),
);

/** The operation of a route; undefined: it is none of the contract. */
export const operationAt = (method: string, path: string): Operation | undefined =>
  byRoute.get(`${method} ${path}`) ?? byRoute.get(`ANY ${path}`);

/** What a request asks for; undefined where the router found nothing. */
export const operationOf = ({ method, routeOptions }: FastifyRequest): Operation | undefined =>
  operationAt(method, routeOptions.url ?? '');

const idOf = new Map<Operation, OperationId>(
  (Object.entries(operations) as [OperationId, Operation][]).map(([id, operation]) => [operation, id]),
);

/** As in `runs.cancel`. */
export const operationIdOf = (operation: Operation): OperationId => idOf.get(operation)!;
