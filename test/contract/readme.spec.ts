import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

describe('The README', () => {
  it.each(['graphql-ws', 'apollo-client', 'urql'])(
    'shows the example for %s as the tests run it',
    async name => {
      expect(await read('README.md')).toContain((await read(`examples/resume-${name}.ts`)).trimEnd());
    },
  );

  it('names every variable of the environment that the server reads', async () => {
    const names = (await read('src/config/env.ts')).matchAll(/^ {2}([A-Z][A-Z_]+): /gm);
    const readme = await read('README.md');
    const ofThePlatform = new Set(['HOME', 'XDG_CACHE_HOME']);
    for (const [, name = ''] of names)
      if (!ofThePlatform.has(name)) expect(readme).toMatch(new RegExp(`\`${name}[\`=]`));
  });

  it('links to files that are there', async () => {
    const links = (await read('README.md')).matchAll(/\]\((?!https?:)([^)#]+)\)/g);
    for (const [, path = ''] of links)
      await expect(
        read(path).catch((error: unknown) => (error as NodeJS.ErrnoException).code),
      ).resolves.not.toBe('ENOENT');
  });
});
