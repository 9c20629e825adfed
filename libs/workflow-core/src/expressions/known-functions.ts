/** Functions whose result differs from one evaluation to the next, or, for `eval`, may. */
export const unrepeatableFunctions: ReadonlySet<string> = new Set([
  'now',
  'millis',
  'random',
  'shuffle',
  'uuid',
  'eval',
]);

/** Every function of the language: those of JSONata 2.2 and `$uuid`. */
export const knownFunctions: ReadonlySet<string> = new Set([
  ...unrepeatableFunctions,
  ...['abs', 'append', 'assert', 'average', 'base64decode', 'base64encode', 'boolean', 'ceil', 'clone', 'contains'],
  ...['count', 'decodeUrl', 'decodeUrlComponent', 'distinct', 'each', 'encodeUrl', 'encodeUrlComponent', 'error'],
  ...['exists', 'filter', 'floor', 'formatBase', 'formatInteger', 'formatNumber', 'fromMillis', 'join', 'keys'],
  ...['length', 'lookup', 'lowercase', 'map', 'match', 'max', 'merge', 'min', 'not', 'number', 'pad', 'parseInteger'],
  ...['power', 'reduce', 'replace', 'reverse', 'round', 'sift', 'single', 'sort', 'split', 'spread', 'sqrt', 'string'],
  ...['substring', 'substringAfter', 'substringBefore', 'sum', 'toMillis', 'trim', 'type', 'uppercase', 'zip'],
]);
