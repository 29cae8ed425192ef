/**
 * A process that steps paper portfolios with the built program's own storage and service, for tests that kill it at any moment.
 * Called with one argument: JSON of `{ databaseUrl, nowMs }`. Writes one character each time it is about to read or write a portfolio.
 */
import { createPaperService, createTripAnnouncer } from '../../dist/services/paper/paper.js';
import { openStorage } from '../../dist/storage/open-storage.js';

const { databaseUrl, nowMs } = JSON.parse(process.argv[2]);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const unused = () => {
  throw new Error('stepping does not need this');
};
const storage = await openStorage(databaseUrl, { now: () => nowMs });
const paper = new Proxy(storage.paper, {
  get(of, method) {
    const original = of[method];
    if (typeof original !== 'function') return original;
    return (...args) => {
      process.stdout.write('.');
      return original.apply(of, args);
    };
  },
});
const service = createPaperService({
  paper,
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
await service.step(new AbortController().signal);
await storage.close();
