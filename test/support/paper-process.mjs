/**
 * A process that steps paper portfolios with the built program's own storage and service, for tests that kill it at any moment.
 * Called with one argument: JSON of `{ databaseUrl, nowMs }`. Says `ready` when it begins.
 */
import { createPaperService, createTripAnnouncer } from '../../dist/services/paper/paper.js';
import { openStorage } from '../../dist/storage/open-storage.js';

const { databaseUrl, nowMs } = JSON.parse(process.argv[2]);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const unused = () => {
  throw new Error('stepping does not need this');
};
const storage = await openStorage(databaseUrl, { now: () => nowMs });
const service = createPaperService({
  paper: storage.paper,
  ledger: storage.ledger,
  candles: storage.candles,
  assets: { resolve: unused },
  symbols: [],
  health: async () => null,
  announce: createTripAnnouncer({ subscriptions: storage.subscriptions, posts: storage.posts, simulated: () => false }),
  simulated: () => false,
  now: () => nowMs,
  random: unused,
  logger: silent,
});
process.stdout.write('ready\n');
await service.step(new AbortController().signal);
await storage.close();
