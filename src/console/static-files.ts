import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { extname } from 'node:path';
import type { Hono } from 'hono';
import { describeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';

/** One file of the page, held in memory. */
export interface StaticFile {
  readonly contentType: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** The font of the charts, the same on every machine. */
const FONTS = {
  '/inter-400.ttf': '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
  '/inter-600.ttf': '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf',
} as const;

/**
 * Reads the page's files once, by the path they are served at. A request is looked up in this map and never becomes a path on
 * disk, so no request reaches any other file.
 */
export async function loadPage(logger: Logger): Promise<ReadonlyMap<string, StaticFile>> {
  const folder = new URL('./page/', import.meta.url);
  const files = new Map<string, StaticFile>();
  for (const name of await readdir(folder)) {
    const contentType = CONTENT_TYPES[extname(name)];
    if (contentType === undefined) continue;
    const data = new Uint8Array(await readFile(new URL(name, folder)));
    files.set(name === 'index.html' ? '/' : `/${name}`, { contentType, data });
  }
  const require = createRequire(import.meta.url);
  for (const [path, source] of Object.entries(FONTS)) {
    try {
      files.set(path, { contentType: 'font/ttf', data: new Uint8Array(await readFile(require.resolve(source))) });
    } catch (error) {
      logger.warn(
        { error: describeError(error), font: source },
        'The console shows the system font: its own cannot be read.',
      );
    }
  }
  return files;
}

/** Serves the page's files from memory; every other path is not found. */
export function addStaticRoutes(app: Hono, files: ReadonlyMap<string, StaticFile>): void {
  app.get('*', (c) => {
    const file = files.get(c.req.path);
    if (!file) return c.notFound();
    // Fonts never change under their name; everything else is asked for again, so that an update shows at once.
    const caching = file.contentType === 'font/ttf' ? 'public, max-age=604800, immutable' : 'no-cache';
    return c.body(file.data, 200, { 'content-type': file.contentType, 'cache-control': caching });
  });
}
