// Run by worker-pool.test.ts: starts a worker process, writes its id, and stays until it is killed.
const { createWorkerPool } = await import(process.argv[2]);
const module = new URL('./sample-task.mjs', import.meta.url);
const pool = createWorkerPool(module, { setup: {}, noun: 'sample', kind: 'process' });
await pool.run('echo', null);
process.stdout.write(`${pool.pid}\n`);
