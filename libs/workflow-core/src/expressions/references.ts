import { pairsOf, type SyntaxNode } from './syntax-tree.ts';

/** A name of the scope that an expression uses. */
export interface Reference {
  readonly name: string;
  /** The plain field names that follow it: `['now', 'email']` of `trigger.now.email`. Ends where the path does more than that. */
  readonly path: readonly string[];
  /** How many characters of the source there are up to the end of the name. */
  readonly position: number;
}

/** A `$variable` or `$function` that an expression uses. */
export interface VariableUse {
  readonly name: string;
  readonly position: number;
}

export interface NamesUsed {
  readonly references: readonly Reference[];
  readonly variables: readonly VariableUse[];
  /** Variables that the expression binds itself, anywhere in it. */
  readonly bound: ReadonlySet<string>;
}

/**
 * Walks a syntax tree and collects the names that are looked up in the scope itself. A name inside a predicate, a sort
 * term or a later step of a path is looked up in the value at hand, so it is not one of them, unless it follows `$$`.
 * A function body keeps the context in which the function was written.
 */
export const namesUsedBy = (root: SyntaxNode): NamesUsed => {
  const references: Reference[] = [];
  const variables: VariableUse[] = [];
  const bound = new Set<string>();

  const walkAll = (nodes: readonly SyntaxNode[] | undefined, inScope: boolean): void =>
    nodes?.forEach((node) => walk(node, inScope));

  const walkPairs = (pairs: readonly [SyntaxNode, SyntaxNode][], inScope: boolean): void =>
    pairs.forEach((pair) => walkAll(pair, inScope));

  const refer = (steps: readonly SyntaxNode[], first: number): void => {
    const [name, ...rest] = steps.slice(first);
    if (name?.type !== 'name') return;
    const path: string[] = [];
    if (!endsPlainPath(name)) {
      for (const step of rest) {
        if (step.type !== 'name') break;
        path.push(String(step.value));
        if (endsPlainPath(step)) break;
      }
    }
    references.push({ name: String(name.value), path, position: name.position ?? 0 });
  };

  const walkPath = (node: SyntaxNode, inScope: boolean): void => {
    const steps = node.steps ?? [];
    let context = inScope;
    steps.forEach((step, index) => {
      if (step.type === 'name') {
        if (context) refer(steps, index);
      } else if (step.type === 'variable' && (step.value === '$' || (step.value === '' && context))) {
        // The scope itself: what follows is looked up in it.
        walkStages(step);
        context = endsPlainPath(step) ? false : true;
        return;
      } else {
        walkNode(step, context);
      }
      walkStages(step);
      if (step.focus !== undefined) bound.add(step.focus);
      // After `@$v` the next step starts from the same context as this one did.
      else context = false;
      if (step.index !== undefined) bound.add(step.index);
    });
    if (node.group) walkPairs(node.group.lhs, false);
  };

  const walkStages = (node: SyntaxNode): void => {
    for (const stage of [...(node.stages ?? []), ...(node.predicate ?? [])]) {
      if (stage.expr) walk(stage.expr, false);
      else if (typeof stage.value === 'string') bound.add(stage.value);
    }
  };

  const walkNode = (node: SyntaxNode, inScope: boolean): void => {
    switch (node.type) {
      case 'path':
        return walkPath(node, inScope);
      case 'variable':
        if (node.value !== '' && node.value !== '$')
          variables.push({ name: String(node.value), position: node.position ?? 0 });
        return;
      case 'unary':
        if (node.value === '{') return walkPairs(pairsOf(node), inScope);
        if (node.expression) walk(node.expression, inScope);
        return walkAll(node.expressions, inScope);
      case 'bind':
        bound.add(String((node.lhs as SyntaxNode).value));
        return walkAll([node.rhs as SyntaxNode], inScope);
      case 'lambda':
        node.arguments?.forEach((parameter) => bound.add(String(parameter.value)));
        return walkAll([node.body as SyntaxNode], inScope);
      case 'transform':
        return walkAll(
          [node.pattern, node.update, node.delete].filter((part) => part !== undefined),
          false,
        );
      case 'sort':
        return walkAll(
          node.terms?.map((term) => term.expression),
          false,
        );
      default:
        if (node.lhs && !Array.isArray(node.lhs)) walk(node.lhs, inScope);
        walkAll(
          [node.rhs, node.condition, node.then, node.else, node.procedure].filter((part) => part !== undefined),
          inScope,
        );
        walkAll(node.arguments, inScope);
        return walkAll(node.expressions, inScope);
    }
  };

  const walk = (node: SyntaxNode, inScope: boolean): void => {
    walkNode(node, inScope);
    if (node.type === 'path') return;
    walkStages(node);
    if (node.group) walkPairs(node.group.lhs, false);
  };

  walk(root, true);
  return { references, variables, bound };
};

const endsPlainPath = (step: SyntaxNode): boolean =>
  step.stages !== undefined || step.focus !== undefined || step.index !== undefined;
