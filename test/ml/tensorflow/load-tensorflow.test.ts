import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTensorflow, requireTensorflowInstalled } from '../../../src/ml/tensorflow/load-tensorflow.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'native-'));
  mkdirSync(join(folder, 'native'));
  for (const where of ['.', 'native']) writeFileSync(join(folder, where, 'package.json'), '{}');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** Where it is looked for: first `native/` within the folder, then the folder itself. */
const urls = () => [pathToFileURL(`${folder}/native/`), pathToFileURL(`${folder}/`)];

function install(code: string, where: '.' | 'native' = 'native'): void {
  const home = join(folder, where, 'node_modules/@tensorflow/tfjs-node');
  mkdirSync(join(home, 'lib'), { recursive: true });
  writeFileSync(join(home, 'index.js'), code);
}

describe('loading native TensorFlow', () => {
  it('says how to install it where it is not', () => {
    const notThere = expect.objectContaining({
      code: 'CC_BACKEND_MISSING',
      remedy: expect.stringContaining('npm run native:install'),
    });
    expect(() => loadTensorflow(urls())).toThrow(notThere);
    expect(() => requireTensorflowInstalled(urls())).toThrow(notThere);
  });

  it('says that it does not load, and why, where it is broken', () => {
    install(`throw new Error('libtensorflow.so: cannot open shared object file');`);
    expect(() => loadTensorflow(urls())).toThrow(
      expect.objectContaining({
        code: 'CC_BACKEND_MISSING',
        cause: expect.objectContaining({ message: expect.stringContaining('cannot open') }),
      }),
    );
  });

  it('puts back what newer versions of Node have removed', () => {
    install(`
      const util = require('util');
      module.exports = { enableProdMode() {}, checks: [util.isNullOrUndefined(null), util.isNullOrUndefined(0), util.isArray([])] };
    `);
    expect(loadTensorflow(urls())).toMatchObject({ checks: [true, false, true] });
  });

  it('takes the one beside the other packages where native/ has none', () => {
    install(`module.exports = { enableProdMode() {}, place: 'beside' };`, '.');
    expect(loadTensorflow(urls())).toMatchObject({ place: 'beside' });
    expect(requireTensorflowInstalled(urls())).toEqual(urls()[1]);
  });

  it('prefers the one in native/', () => {
    install(`module.exports = { enableProdMode() {}, place: 'beside' };`, '.');
    install(`module.exports = { enableProdMode() {}, place: 'native' };`);
    expect(loadTensorflow(urls())).toMatchObject({ place: 'native' });
  });
});
