import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const json = (path: string): unknown => JSON.parse(readFileSync(`${ROOT}/${path}`, 'utf8'));
const { packages } = json('package-lock.json') as { packages: Record<string, LockedPackage> };
const { allowScripts, ...manifest } = json('package.json') as {
  allowScripts: Record<string, boolean>;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
};
const locked = Object.entries(packages).filter(([path, { link }]) => path !== '' && !link);
const nameOf = (path: string) => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

/** Licences under which a package may be part of what is shipped under the MIT licence. */
const LICENCES =
  /^(MIT(-0)?|ISC|BSD-[23]-Clause|0BSD|Apache-2\.0|BlueOak-1\.0\.0|CC0-1\.0|Unlicense|Python-2\.0|PSF-2\.0|CC-BY-4\.0|MPL-2\.0)$/;
/** Packages that tell their licence in a file alone. */
const LICENCES_BY_FILE: Readonly<Record<string, string>> = { pause: 'MIT' };
/** `(MIT OR CC0-1.0)` leaves the choice, `MIT AND ISC` does not. */
const isFree = (licence: string) =>
  licence
    .replace(/[()]/g, '')
    .split(' OR ')
    .some(choice => choice.split(' AND ').every(part => LICENCES.test(part.trim())));

describe('The packages that the server is made of', () => {
  it('S65 have an integrity each, and no address of a registry', () => {
    expect(locked.length).toBeGreaterThan(100);
    expect(
      locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
    ).toEqual([]);
    expect(locked.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
  });

  it('S65 are asked for by exact versions', () => {
    const asked = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(asked.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it('S65 run no script at their installation but those that are listed, of which none is allowed', () => {
    const scripted = locked
      .filter(([, { hasInstallScript }]) => hasInstallScript)
      .map(([path]) => nameOf(path));
    expect([...new Set(scripted)].filter(name => !(name in allowScripts))).toEqual([]);
    expect(Object.entries(allowScripts).filter(([, isAllowed]) => isAllowed)).toEqual([]);
  });

  it('S65 are listed in a bill of materials, under licences that may be shipped', () => {
    const bill = JSON.parse(
      execFileSync('npm', ['sbom', '--sbom-format', 'cyclonedx'], {
        cwd: ROOT,
        encoding: 'utf8',
        maxBuffer: 50_000_000,
      }),
    ) as {
      bomFormat: string;
      components: {
        name: string;
        version: string;
        licenses?: { license?: { id?: string; name?: string }; expression?: string }[];
      }[];
    };
    expect(bill.bomFormat).toBe('CycloneDX');
    expect(bill.components.length).toBeGreaterThan(50);
    const names = bill.components.map(({ name }) => name);
    expect(Object.keys(manifest.dependencies).filter(name => !names.includes(name))).toEqual([]);
    const unfree = bill.components.filter(({ name, licenses = [] }) => {
      if (name in LICENCES_BY_FILE) return false;
      const said = licenses.map(
        ({ license, expression }) => expression ?? license?.id ?? license?.name ?? '',
      );
      return said.length === 0 || !said.every(isFree);
    });
    expect(unfree.map(({ name, version, licenses }) => [name, version, JSON.stringify(licenses)])).toEqual(
      [],
    );
  });
});
