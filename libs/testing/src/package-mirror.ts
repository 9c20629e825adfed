import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Mirror {
  uri: string;
  /** Path of the key that signs it, as the machine's own sources say. */
  signedBy: string | undefined;
  /** Where the package lies: `main` of Debian, `universe` of Ubuntu. */
  components: string;
}

export interface Source {
  uris: string[];
  suites: string[];
  components: string[];
  signedBy: string | undefined;
}

/**
 * The mirror that this machine takes its own release from: among the sources below `folder` (/etc/apt), the first whose
 * suite is the release's code name. Undefined if none.
 */
export const findMirror = (folder: string, family: string, codename: string | undefined): Mirror | undefined =>
  chooseMirror(
    sourceFiles(folder).flatMap((file) => parseSources(file, readFileSync(file, 'utf8'))),
    family,
    codename,
  );

/** As `findMirror`, among sources already read. */
export const chooseMirror = (sources: Source[], family: string, codename: string | undefined): Mirror | undefined => {
  const isOwnRelease = (suite: string): boolean => suite === codename || suite === 'sid' || suite === 'unstable';
  const own = sources.find(({ suites, components }) => suites.some(isOwnRelease) && components.includes('main'));
  if (own?.uris[0] === undefined) return undefined;
  return {
    uri: own.uris[0],
    signedBy: own.signedBy,
    components: family === 'ubuntu' ? 'main universe' : 'main',
  };
};

const sourceFiles = (folder: string): string[] => {
  const parts = join(folder, 'sources.list.d');
  const files = existsSync(parts)
    ? readdirSync(parts)
        .sort()
        .map((name) => join(parts, name))
    : [];
  return [join(folder, 'sources.list'), ...files].filter((file) => /\.(list|sources)$/.test(file) && existsSync(file));
};

/** Both notations of sources.list(5): one line each in `.list`, paragraphs (deb822) in `.sources`. */
export const parseSources = (file: string, text: string): Source[] =>
  file.endsWith('.sources') ? parseParagraphs(text) : parseLines(text);

const parseLines = (text: string): Source[] =>
  text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.*?)\s*(?:#.*)?$/.exec(line);
    if (match === null) return [];
    const [, options = '', uri = '', suite = '', components = ''] = match;
    const signedBy = /signed-by=(\S+)/.exec(options)?.[1];
    return [{ uris: [uri], suites: [suite], components: components.split(/\s+/), signedBy }];
  });

const parseParagraphs = (text: string): Source[] =>
  text.split(/\n\s*\n/).flatMap((paragraph) => {
    const field = (name: string) => new RegExp(`^${name}:[ \\t]*(.*)$`, 'im').exec(paragraph)?.[1]?.trim() ?? '';
    const words = (name: string) => field(name).split(/\s+/).filter(Boolean);
    const isUsed = words('Types').includes('deb') && field('Enabled').toLowerCase() !== 'no';
    const key = field('Signed-By');
    const signedBy = key.startsWith('/') ? key : undefined;
    return isUsed ? [{ uris: words('URIs'), suites: words('Suites'), components: words('Components'), signedBy }] : [];
  });
