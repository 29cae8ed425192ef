import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadTensorflow, requireTensorflowInstalled } from '../../../src/ml/tensorflow/load-tensorflow.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'native-'));
  writeFileSync(join(folder, 'package.json'), '{}');
});

afterEach(() => rmSync(folder, { recursive: true }));

const url = () => pathToFileURL(`${folder}/`);

function install(code: string): void {
  const home = join(folder, 'node_modules/@tensorflow/tfjs-node');
  mkdirSync(join(home, 'lib'), { recursive: true });
  writeFileSync(join(home, 'index.js'), code);
}

describe('loading native TensorFlow', () => {
  it('says how to install it where it is not', () => {
    const notThere = expect.objectContaining({
      code: 'CC_BACKEND_MISSING',
      remedy: expect.stringContaining('npm run native:install'),
    });
    expect(() => loadTensorflow(url())).toThrow(notThere);
    expect(() => requireTensorflowInstalled(url())).toThrow(notThere);
  });

  it('says that it does not load, and why, where it is broken', () => {
    install(`throw new Error('libtensorflow.so: cannot open shared object file');`);
    expect(() => loadTensorflow(url())).toThrow(
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
    expect(loadTensorflow(url())).toMatchObject({ checks: [true, false, true] });
  });
});
