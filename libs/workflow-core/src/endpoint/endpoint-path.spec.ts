import { expect, it } from 'vitest';
import { isRedirectTarget } from '../steps/answer-input.ts';
import { matchPath, readPath, type PathPart } from './endpoint-path.ts';

it.each<[string, string[], Record<string, string> | undefined]>([
  ['/orders/{id}', ['orders', '17'], { id: '17' }],
  ['/orders/{id}', ['orders', 'a/b'], { id: 'a/b' }],
  ['/{a}/x/{b}', ['1', 'x', '2'], { a: '1', b: '2' }],
  ['/orders/{id}', ['orders'], undefined],
  ['/orders/{id}', ['orders', ''], undefined],
  ['/orders/{id}', ['Orders', '17'], undefined],
  ['/orders', ['orders', '17'], undefined],
])('%s is asked for %j', (path, segments, found) => {
  expect(matchPath(readPath(path) as PathPart[], segments)).toEqual(found);
});

it.each(['/', '/a//b', '/../b', '/{}', '/{a b}', '/a?b', '/%2e'])('%s is no path', (path) => {
  expect(readPath(path)).toHaveProperty('problem');
});

it('a redirect leads to a path or to a host that is said', () => {
  expect(
    ['/a', '/', 'https://a.example/b?c#d', 'HTTP://a.example'].filter((target) => !isRedirectTarget(target)),
  ).toEqual([]);
  const wrong = [
    '',
    'a',
    '//a',
    '/\\a',
    'javascript:x',
    'https:a',
    'https://u:p@a',
    '/a b',
    '/a\n',
    'ftp://a',
    'https://',
  ];
  expect(wrong.filter(isRedirectTarget)).toEqual([]);
});
