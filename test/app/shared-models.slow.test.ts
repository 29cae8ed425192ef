import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { encodeModel } from '../../src/ml/model/model-file.ts';
import { openStorage } from '../../src/storage/open-storage.ts';
import { builtSettings, csvMarket } from '../support/built-bot.ts';
import { type BuiltProgram, startProgram } from '../support/built-program.ts';
import { describeInPostgres } from '../support/postgres.ts';
import { tinyModel } from '../support/tiny-model.ts';

const CLI = fileURLToPath(new URL('../../dist/cli.js', import.meta.url));

describeInPostgres('two processes of the bot on one database', (server) => {
  const started: BuiltProgram[] = [];
  afterEach(async () => {
    for (const program of started.splice(0)) {
      program.kill('SIGKILL');
      await program.ended;
      program.remove();
    }
  });

  it('serve the model that a third has promoted, and the one before after a rollback', async () => {
    const url = await server().createDatabase();
    const { DISCORD_TOKEN: _, ...own } = builtSettings('', '');
    const settings = { ...own, ...csvMarket(), DATABASE_URL: url };
    const storage = await openStorage(url, { now: Date.now });
    const made = encodeModel(await tinyModel({ seeds: [7] }));
    const { version } = made.card;
    await storage.models.add('1d', version, made, null);
    const programs = [startProgram({ settings }), startProgram({ settings })];
    started.push(...programs);
    for (const program of programs) {
      const before = await program.ask('/model details:true');
      expect(before).toContain('"ok":true');
      expect(before).not.toContain(version);
    }
    const folder = mkdtempSync(join(tmpdir(), 'candlecast-shell-'));
    const shell = async (...args: string[]) =>
      (await promisify(execFile)(process.execPath, [CLI, 'model', ...args], { cwd: folder, env: settings })).stdout;
    const seen = (isSeen: boolean) =>
      Promise.all(
        programs.map((program) =>
          expect.poll(async () => (await program.ask('/model details:true')).includes(version)).toBe(isSeen),
        ),
      );
    expect(await shell('promote', version)).toContain(`${version} serves 1d candles from now on.`);
    await seen(true);
    expect(await shell('list')).toContain(`* ${version}`);
    expect(await shell('rollback')).toContain('The model shipped with Candlecast serves 1d candles again.');
    await seen(false);
    rmSync(folder, { recursive: true, force: true });
    await storage.close();
  }, 300_000);
});
