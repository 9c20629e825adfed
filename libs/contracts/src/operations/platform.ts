import { get } from './operation.ts';

export const platformOperations = {
  'platform.openapi': get('/openapi.json', 'public', 'This document.'),
  'platform.health': get('/healthz', 'public', 'Whether the process lives.'),
  'platform.readiness': get('/readyz', 'public', 'Whether it can serve.'),
  'platform.metrics': get('/metrics', 'public', 'What Prometheus reads.'),
};
