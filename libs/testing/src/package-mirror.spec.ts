import { describe, expect, it } from 'vitest';
import { chooseMirror, parseSources } from './package-mirror.ts';

const debian12 = `Types: deb
# http://snapshot.debian.org/archive/debian/20250520T000000Z
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

const ubuntu = `# deb http://old.example/ubuntu noble main
deb https://download.docker.com/linux/ubuntu noble stable
deb-src http://archive.ubuntu.com/ubuntu noble main
deb [arch=amd64 signed-by=/usr/share/keyrings/ubuntu.gpg] http://de.archive.ubuntu.com/ubuntu/ noble main restricted # near
deb http://security.ubuntu.com/ubuntu noble-security main
`;

describe('the mirror', () => {
  it('is the one of the own release in deb822 notation', () => {
    const sources = parseSources('debian.sources', debian12);
    expect(sources).toHaveLength(2);
    expect(chooseMirror(sources, 'debian', 'bookworm')).toEqual({
      uri: 'http://deb.debian.org/debian',
      signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
      components: 'main',
    });
  });

  it('is the one of the own release in one-line notation, not a vendor with the same suite', () => {
    expect(chooseMirror(parseSources('sources.list', ubuntu), 'ubuntu', 'noble')).toEqual({
      uri: 'http://de.archive.ubuntu.com/ubuntu/',
      signedBy: '/usr/share/keyrings/ubuntu.gpg',
      components: 'main universe',
    });
  });

  it('is missing when only other releases are named', () => {
    expect(chooseMirror(parseSources('debian.sources', debian12), 'debian', 'trixie')).toBeUndefined();
  });

  it('is not taken from a source that is switched off', () => {
    const off = debian12.replaceAll('Types: deb', 'Enabled: no\nTypes: deb');
    expect(parseSources('debian.sources', off)).toEqual([]);
  });
});
