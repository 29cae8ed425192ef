import { CandlecastError } from '../core/errors.ts';

/** What `DATABASE_URL` asks for, taken apart. */
export type DatabaseTarget =
  | { readonly kind: 'sqlite'; readonly path: string; readonly label: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly password: string; readonly label: string };

/** The path that keeps a SQLite database in memory only. */
export const MEMORY_PATH = ':memory:';

/**
 * Parses `sqlite:PATH`, `sqlite::memory:`, `postgres://…` and `postgresql://…`.
 * Throws `CC_CONFIG_INVALID` without repeating the value, which may hold a password; an error of `new URL` would repeat
 * it and is therefore not kept as the cause.
 */
export function parseDatabaseUrl(databaseUrl: string): DatabaseTarget {
  const text = databaseUrl.trim();
  if (text.startsWith('sqlite:')) {
    const path = text.slice('sqlite:'.length).replace(/^\/\/(?=\/)/, '');
    if (path === MEMORY_PATH) return { kind: 'sqlite', path, label: 'the SQLite database in memory' };
    if (path !== '' && !path.includes('\0')) return { kind: 'sqlite', path, label: `the SQLite file ${path}` };
  }
  if (/^postgres(ql)?:\/\//.test(text) && URL.canParse(text)) {
    const url = new URL(text);
    const database = decoded(url.pathname.slice(1));
    const host = url.hostname === '' ? 'localhost' : url.hostname;
    const label = `the PostgreSQL database ${database || 'of that user'} at ${host}:${url.port || '5432'}`;
    return { kind: 'postgres', url: text, password: decoded(url.password), label };
  }
  throw new CandlecastError('CC_CONFIG_INVALID', 'DATABASE_URL is not an address this program understands.', {
    remedy: 'Use sqlite:data/candlecast.db or postgres://user:password@host:5432/database.',
  });
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
