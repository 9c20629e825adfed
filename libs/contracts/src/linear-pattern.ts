import { type AST, RegExpParser } from '@eslint-community/regexpp';
import { RE2JS } from 're2js';

/** Copies of one part that a repetition, and repetitions within it, may ask for. The engine takes no more. */
const COPIES_MAX = 1_000;

/** Steps of a whole pattern. Larger takes long to prepare: 5,000 take some tens of milliseconds. */
const STEPS_MAX = 5_000;

/** A pattern in the syntax of RE2, with flags in front. */
export interface LinearPattern {
  readonly source: string;
  /** About how many steps the engine does for a character of the text, at the worst. */
  readonly steps: number;
}

/** Where a part stands: what repeats it, and whether `.` is any character there. */
interface Place {
  readonly copies: number;
  readonly dotAll: boolean;
}

const notLineEnd = '[^\\n\\r\\x{2028}\\x{2029}]';
const spaces = '\\t-\\r\\x20\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}';
const notSpaces =
  '\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}' +
  '\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}';

const parser = new RegExpParser({ ecmaVersion: 2025 });

/**
 * A pattern of JavaScript as one that is matched in time linear in the text. It is rewritten from its syntax, so that what the two
 * languages write alike and mean differently (`\s`, `.`, `\z`) keeps JavaScript's meaning.
 * @param flags of `RegExp`: `i`, `m`, `s` and `u` count. a pattern with characters above U+FFFF is always one of `u`
 * @throws Error with the part and the reason: a lookaround or a back-reference, which need an engine that may take exponential time, or too many repetitions
 */
export const toLinearPattern = (pattern: string, flags = ''): LinearPattern => {
  const tree = parsed(pattern, flags);
  let steps = 0;

  const written = (node: AST.Element, place: Place): string => {
    steps += place.copies;
    if (steps > STEPS_MAX) throw new Error('A regular expression with its repetitions may have at most 5,000 steps');
    switch (node.type) {
      case 'Character':
        return character(node.value);
      case 'CharacterSet':
        return node.kind === 'any' ? (place.dotAll ? '(?s:.)' : notLineEnd) : `[${setOf(node)}]`;
      case 'CharacterClass':
        return characterClass(node);
      case 'Group':
        return `(?${modifiersOf(node)}:${alternatives(node, { ...place, dotAll: dotAllIn(node, place.dotAll) })})`;
      case 'CapturingGroup':
        return `(${alternatives(node, place)})`;
      case 'Quantifier':
        return quantified(node, place);
      case 'Assertion':
        if (node.kind === 'lookahead' || node.kind === 'lookbehind') return refuse('no lookaround', node);
        if (node.kind === 'word') return node.negate ? '\\B' : '\\b';
        return node.kind === 'start' ? '^' : '$';
      case 'Backreference':
        return refuse('no back-reference', node);
      case 'ExpressionCharacterClass':
        return refuse('no operations on classes', node);
    }
  };

  const alternatives = (node: { alternatives: AST.Alternative[] }, place: Place): string =>
    node.alternatives.map(({ elements }) => elements.map((part) => written(part, place)).join('')).join('|');

  const quantified = (node: AST.Quantifier, place: Place): string => {
    const most = node.max === Infinity ? node.min : node.max;
    const copies = place.copies * Math.max(most, 1);
    if (copies > COPIES_MAX) return refuse('at most 1,000 repetitions, those around it included', node);
    const range =
      node.max === Infinity ? `${node.min},` : node.min === node.max ? `${node.min}` : `${node.min},${node.max}`;
    const counts = { '0,': '*', '1,': '+', '0,1': '?' }[range] ?? `{${range}}`;
    return `(?:${written(node.element, { ...place, copies })})${counts}${node.greedy ? '' : '?'}`;
  };

  const source = alternatives(tree, { copies: 1, dotAll: flags.includes('s') });
  const given = [...'im'].filter((flag) => flags.includes(flag)).join('');
  return { source: given === '' ? source : `(?${given})${source}`, steps };
};

/** By the strict rules where they are asked for or needed; else, and where a schema's author did not know them, by the lenient ones. */
const parsed = (pattern: string, flags: string): AST.Pattern => {
  const isWide = /[\ud800-\udfff]/.test(pattern);
  const parse = (unicode: boolean): AST.Pattern => parser.parsePattern(pattern, 0, pattern.length, { unicode });
  if (!isWide && !flags.includes('u')) return parse(false);
  try {
    return parse(true);
  } catch (error) {
    if (isWide) throw error;
    return parse(false);
  }
};

const refuse = (what: string, { raw }: AST.Node): never => {
  throw new Error(`A regular expression may have ${what}: ${raw.length > 40 ? `${raw.slice(0, 39)}…` : raw}`);
};

const character = (value: number): string => `\\x{${value.toString(16)}}`;

/** What stands for a set within brackets. */
const setOf = (node: AST.EscapeCharacterSet | AST.UnicodePropertyCharacterSet): string => {
  if (node.kind === 'space') return node.negate ? notSpaces : spaces;
  if (node.kind === 'property') return property(node);
  const letter = node.kind === 'digit' ? 'd' : 'w';
  return `\\${node.negate ? letter.toUpperCase() : letter}`;
};

const property = (node: AST.UnicodePropertyCharacterSet): string => {
  const set = `\\${node.negate ? 'P' : 'p'}{${node.value ?? node.key}}`;
  try {
    RE2JS.compile(set);
    return set;
  } catch {
    return refuse('only properties that the engine has, such as \\p{L}, \\p{Lu} and \\p{Greek}', node);
  }
};

const characterClass = (node: AST.CharacterClass): string => {
  if (node.elements.length === 0) return node.negate ? '(?s:.)' : '[^\\x{0}-\\x{10ffff}]';
  const parts = node.elements.map((part) => {
    if (part.type === 'Character') return character(part.value);
    if (part.type === 'CharacterClassRange') return `${character(part.min.value)}-${character(part.max.value)}`;
    if (part.type === 'CharacterSet') return setOf(part);
    return refuse('no operations on classes', part);
  });
  return `[${node.negate ? '^' : ''}${parts.join('')}]`;
};

const modifiersOf = ({ modifiers }: AST.Group): string => {
  const letters = (flags?: AST.ModifierFlags | null): string =>
    (flags?.ignoreCase ? 'i' : '') + (flags?.multiline ? 'm' : '');
  const removed = letters(modifiers?.remove);
  return letters(modifiers?.add) + (removed === '' ? '' : `-${removed}`);
};

const dotAllIn = ({ modifiers }: AST.Group, around: boolean): boolean =>
  (around || modifiers?.add.dotAll === true) && modifiers?.remove?.dotAll !== true;
