import { get } from './operation.ts';

export const platformOperations = {
  'platform.openapi': get('/openapi.json', 'public', 'This document.', {
    headers: ['if-none-match'],
    answers: { 200: 'application/json', 304: '' },
  }),
  'platform.docs': get('/docs', 'public', 'This document as a page to read and to try.', {
    answers: { 200: 'text/html' },
  }),
  'platform.docsAsset': get('/docs/{asset}', 'public', 'What that page is made of.', {
    answers: { 200: 'text/css | text/javascript' },
    failures: ['request.unknown_route'],
  }),
  'platform.health': get('/healthz', 'public', 'Whether the process lives.', { answers: { 200: 'Health' } }),
  'platform.readiness': get('/readyz', 'public', 'Whether it can serve.', {
    answers: { 200: 'Readiness', 503: 'Readiness' },
  }),
  'platform.metrics': get('/metrics', 'public', 'What Prometheus reads.', { answers: { 200: 'text/plain' } }),
};
