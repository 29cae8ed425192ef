import { setTimeout as delay } from 'node:timers/promises';
import type { Hono } from 'hono';
import { describeError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { PublicRecord } from '../core/public-record.ts';
import { type Clock, MINUTE_MS } from '../core/time.ts';
import { recordSite, type SiteFile } from '../render/record/record-site.ts';

/** What the track record is served from. */
export interface RecordRouteParts {
  /** Computes the record anew. */
  readonly publicRecord: () => Promise<PublicRecord>;
  readonly now: Clock;
  readonly logger: Logger;
}

/** A page is served again for so long; it says when it was made. */
const FRESH_MS = MINUTE_MS;
/** How long a request waits for the page; a record of years takes longer, and comes from memory meanwhile. */
const WAIT_MS = 5_000;

const MAKING = `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="5"><title>Track record</title></head>
<body><p>The track record is being made. This page shows it as soon as it is there.</p></body></html>
`;

/** Serves the public track record under `/record/`. It is made when somebody asks for it, once at a time, and kept in memory. */
export function addRecordRoutes(app: Hono, { publicRecord, now, logger }: RecordRouteParts): void {
  let made: { readonly atMs: number; readonly files: ReadonlyMap<string, SiteFile> } | null = null;
  let making: Promise<void> | null = null;

  async function make(): Promise<void> {
    const atMs = now();
    const files = await recordSite(await publicRecord(), { verifier: null });
    made = { atMs, files: new Map(files.map((file) => [file.name, file])) };
  }

  /** The newest files there are within the wait; throws where the record cannot be computed. */
  async function newest(): Promise<typeof made> {
    if (made && Math.abs(now() - made.atMs) < FRESH_MS) return made;
    making ??= make().finally(() => {
      making = null;
    });
    const waiting = making;
    // Where nobody waits any more, the log tells.
    waiting.catch((error: unknown) => logger.warn({ error: describeError(error) }, 'The track record cannot be made.'));
    await Promise.race([waiting, delay(WAIT_MS, undefined, { ref: false })]);
    return made;
  }

  app.get('/record', (c) => c.redirect('/record/', 302));
  app.on('GET', ['/record/', '/record/:name'], async (c) => {
    const name = c.req.param('name') ?? 'index.html';
    // What belongs to the page comes from where the page came from.
    const files = name === 'index.html' || !made ? await newest() : made;
    c.header('cache-control', 'no-store');
    if (!files) return c.html(MAKING, 503, { 'retry-after': '5' });
    const file = files.files.get(name);
    return file ? c.body(file.data, 200, { 'content-type': file.contentType }) : c.notFound();
  });
}
