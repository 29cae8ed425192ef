import { setTimeout as wait } from 'node:timers/promises';
import { KEY_PREFIX, type RedisLink } from './redis.ts';

/** Finished pictures that all processes share, by the hash of everything that is drawn. */
export interface SharedPictures {
  /** PNG bytes, or undefined where there are none, or not within 100 ms. Never rejects. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Keeps a picture for ten minutes, in the background. */
  set(key: string, png: Uint8Array): void;
}

const BUDGET_MS = 100;
const KEPT_MS = 600_000;
const MAX_BYTES = 1_000_000;
const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Makes them over Redis; pictures of another version of the program are not found. */
export function createSharedPictures(redis: RedisLink, version: string): SharedPictures {
  const keyOf = (key: string) => `${KEY_PREFIX}picture:${version}:${key}`;
  return {
    async get(key) {
      const found = redis.ask((client) => client.getBuffer(keyOf(key)));
      const png = await Promise.race([found, wait(BUDGET_MS, undefined, { ref: false })]);
      const isPicture = png && png.length <= MAX_BYTES && png.subarray(0, SIGNATURE.length).equals(SIGNATURE);
      return isPicture ? png : undefined;
    },
    set(key, png) {
      if (png.length > MAX_BYTES) return;
      void redis.ask((client) => client.set(keyOf(key), Buffer.from(png), 'PX', KEPT_MS));
    },
  };
}
