import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
};

/** What the page loads, beside what is written here: two files of swagger-ui-dist. */
const packaged = ['swagger-ui.css', 'swagger-ui-bundle.js'] as const;

const START = 'start.js';

/** It asks for its document and its parts by where it is itself, whatever stands before that. */
const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Nightshift: REST</title>
    <link rel="stylesheet" href="docs/swagger-ui.css">
    <link rel="icon" href="data:,">
  </head>
  <body>
    <div id="document"></div>
    <script src="docs/swagger-ui-bundle.js"></script>
    <script src="docs/${START}"></script>
  </body>
</html>
`;

/** No validator badge: it would send the address of the document to somebody. */
const start = `SwaggerUIBundle({
  url: 'openapi.json',
  dom_id: '#document',
  deepLinking: true,
  docExpansion: 'none',
  filter: true,
  persistAuthorization: false,
  validatorUrl: null,
});
`;

/**
 * Nothing is loaded from elsewhere, nothing that stands in the page is run, and no other page can frame it. Styles that scripts set on elements are
 * not held back by this; pictures are within the style sheet.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export const docsHeaders = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** A part of the page. */
export interface DocsAsset {
  readonly type: string;
  readonly content: string | Buffer;
}

const typeOf = (name: string): string => types[name.slice(name.lastIndexOf('.'))]!;

/** The page that renders the OpenAPI document, and its parts by their names; all of it is there before the first request. */
export const openDocsPage = () => {
  const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  const assets = new Map<string, DocsAsset>([
    ...packaged.map((name) => [name, { type: typeOf(name), content: readFileSync(join(folder, name)) }] as const),
    [START, { type: typeOf(START), content: start }],
  ]);
  return { page, asset: (name: string): DocsAsset | undefined => assets.get(name) };
};

export type DocsPage = ReturnType<typeof openDocsPage>;
