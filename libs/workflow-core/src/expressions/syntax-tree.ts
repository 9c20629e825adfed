/** A node of JSONata's syntax tree, as far as this library reads it. */
export interface SyntaxNode {
  type: string;
  value?: unknown;
  position?: number;
  /** Steps of a `path`. */
  steps?: SyntaxNode[];
  /** Parts of a block or an array. */
  expressions?: SyntaxNode[];
  /** Operand of a unary minus. */
  expression?: SyntaxNode;
  /** An operand; for an object, its pairs. */
  lhs?: SyntaxNode | [SyntaxNode, SyntaxNode][];
  rhs?: SyntaxNode;
  procedure?: SyntaxNode;
  /** Arguments of a call, or parameters of a lambda. */
  arguments?: SyntaxNode[];
  body?: SyntaxNode;
  /** Of a lambda that has one: `<s?n:b>`. */
  signature?: { definition: string };
  condition?: SyntaxNode;
  then?: SyntaxNode;
  else?: SyntaxNode;
  /** Parts of a transform. */
  pattern?: SyntaxNode;
  update?: SyntaxNode;
  delete?: SyntaxNode;
  terms?: { expression: SyntaxNode }[];
  predicate?: Filter[];
  stages?: Filter[];
  group?: { lhs: [SyntaxNode, SyntaxNode][] };
  /** Variable bound by `@$v`. */
  focus?: string;
  /** Variable bound by `#$i`. */
  index?: string;
  tuple?: boolean;
  keepArray?: boolean;
  keepSingletonArray?: boolean;
  consarray?: boolean;
}

/** A predicate, or the binding of an index (then `value` is the variable and there is no `expr`). */
interface Filter {
  expr?: SyntaxNode;
  value?: unknown;
}

/** The pairs of an object constructor. */
export const pairsOf = (node: SyntaxNode): [SyntaxNode, SyntaxNode][] => node.lhs as [SyntaxNode, SyntaxNode][];

/** The left operand of a binary node. */
export const leftOf = (node: SyntaxNode): SyntaxNode => node.lhs as SyntaxNode;
