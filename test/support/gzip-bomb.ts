import type { ServerResponse } from 'node:http';
import { createGzip } from 'node:zlib';

const CHUNK = Buffer.alloc(1024 * 1024);
const CHUNKS = 1024;

/** Answers with 1 GiB of zeros as one gzip stream of about 1 MB, made while it is sent. Returns how far it came. */
export function sendGzipBomb(response: ServerResponse): { readonly bytes: number } {
  const progress = { bytes: 0 };
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
  const gzip = createGzip({ level: 1 });
  gzip.on('error', () => {});
  response.on('close', () => gzip.destroy());
  gzip.pipe(response);
  const feed = () => {
    while (progress.bytes < CHUNKS * CHUNK.length && !gzip.destroyed) {
      progress.bytes += CHUNK.length;
      if (!gzip.write(CHUNK)) {
        gzip.once('drain', feed);
        return;
      }
    }
    if (!gzip.destroyed) gzip.end();
  };
  feed();
  return progress;
}
