import type { Hono } from 'hono';
import type { StaticFile } from './static-files.ts';

/** Serves the page's files from memory; a path that is not among them is not found, whatever it looks like. */
export function addStaticRoutes(app: Hono, files: ReadonlyMap<string, StaticFile>): void {
  app.get('*', (c) => {
    const file = files.get(c.req.path);
    if (!file) return c.notFound();
    // Fonts never change under their name; everything else is asked for again, so that an update shows at once.
    const caching = file.contentType === 'font/ttf' ? 'public, max-age=604800, immutable' : 'no-cache';
    return c.body(file.data, 200, { 'content-type': file.contentType, 'cache-control': caching });
  });
}
