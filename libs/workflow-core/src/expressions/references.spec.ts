import { describe, expect, it } from 'vitest';
import { compileExpression } from './compile-expression.ts';

const namesOf = (source: string): string[] => {
  const expression = compileExpression(source);
  if ('problem' in expression) throw new Error(expression.problem.detail);
  return expression.references.map(({ name, path }) => [name, ...path].join('.'));
};

describe('names that an expression looks up in the scope', () => {
  it.each<[string, string[]]>([
    ['user.email', ['user.email']],
    ['a + b.c & $string(d)', ['a', 'b.c', 'd']],
    ['orders[total > 10].id', ['orders']],
    ['orders[total > $$.limit].id', ['orders', 'limit']],
    ['orders.items.price', ['orders.items.price']],
    ['orders.{ "id": id, "all": $$.total }', ['orders', 'total']],
    ['orders.(price * quantity)', ['orders']],
    ['{ "x": a, b: c }', ['a', 'b', 'c']],
    ['[a, b[0], c]', ['a', 'b', 'c']],
    ['$map(orders, function($o) { $o.total + fee })', ['orders', 'fee']],
    ['$filter(orders, function($o) { $o.user = user.id })', ['orders', 'user.id']],
    ['($x := user; $x.email)', ['user']],
    ['$.user.email', ['user.email']],
    ['$$.user.email', ['user.email']],
    ['orders^(>total, name)', ['orders']],
    ['orders{ status: $sum(total) }', ['orders']],
    ['orders ~> $count()', ['orders']],
    ['orders ~> |items|{ "price": price * 2 }|', ['orders']],
    ['orders@$o.users[id = $o.user].name', ['orders', 'users']],
    ['orders#$i.id', ['orders']],
    ['a ? b : c', ['a', 'b', 'c']],
    ['a ?? b', ['a', 'a', 'b']],
    ['`a step`.x', ['a step.x']],
    ['*.id', []],
    ['user.`e-mail`.x[0].y', ['user.e-mail.x']],
    ['orders[0].id', ['orders']],
    ['-a', ['a']],
    ['$exists(send)', ['send']],
  ])('%s: %j', (source, expected) => {
    expect(namesOf(source)).toEqual(expected);
  });
});
