/**
 * URL of something the build makes (a worker's JavaScript, a `.wasm`), named relative to the calling module.
 * From `dist/` it is a sibling file. Tests run the sources themselves, and worker threads cannot load
 * TypeScript on Node 20; there the same path under `dist/` is meant, so tests need a build first (`npm test` makes it).
 */
export function builtUrl(relative: string, moduleUrl: string): URL {
  const neighbour = new URL(relative, moduleUrl);
  if (!moduleUrl.endsWith('.ts')) return neighbour;
  const at = neighbour.pathname.lastIndexOf('/src/');
  neighbour.pathname = `${neighbour.pathname.slice(0, at)}/dist/${neighbour.pathname.slice(at + 5)}`;
  return neighbour;
}
