import type { TestProject } from 'vitest/node';
import { findPostgres, startPostgres } from '../support/postgres-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The PostgreSQL server that the files of a run share; empty where there is none. */
    readonly postgresUrl: string;
  }
}

/** Starts one PostgreSQL server for a run of the slow tests, because making a cluster takes as long as most files that need one. */
export default async function startSharedPostgres(project: TestProject): Promise<(() => void) | undefined> {
  const found = findPostgres();
  if (!found || 'url' in found) {
    project.provide('postgresUrl', found?.url ?? '');
    return;
  }
  const server = await startPostgres(found.binaries);
  project.provide('postgresUrl', server.url);
  return () => server.end();
}
