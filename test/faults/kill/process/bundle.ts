/** The gateway of the sweep in one file: it starts with half of the work that it takes from its sources. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { GatewayScript } from '../world.js';

const ROOT = resolve(import.meta.dirname, '../../../..');

/** Files that lie beside a module are still looked for where the module was. */
const whereItWas: Plugin = {
  name: 'where-it-was',
  setup(bundling) {
    bundling.onLoad({ filter: /\/(src|test)\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      return { contents: text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href)), loader: 'ts' };
    });
  },
};

/** Written to `folder`, which must lie in the project: what has compiled parts is still taken from its modules. */
export async function bundleGateway(folder: string): Promise<GatewayScript> {
  const outfile = join(ROOT, folder, 'gateway.mjs');
  await build({
    absWorkingDir: ROOT,
    entryPoints: [join(import.meta.dirname, 'gateway.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['better-sqlite3', 'pg-native'],
    banner: {
      js: [
        "import { createRequire as requireFor } from 'node:module';",
        'const require = requireFor(import.meta.url);',
        'const __filename = new URL(import.meta.url).pathname;',
        "const __dirname = __filename.slice(0, __filename.lastIndexOf('/'));",
      ].join('\n'),
    },
    plugins: [whereItWas],
    logLevel: 'error',
  });
  return { file: outfile, loader: [] };
}
