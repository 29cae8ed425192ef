const DISCORD_EPOCH_MS = 1_420_070_400_000;

/** Makes ids that carry the time they were made at, as Discord's do; never the same twice. */
export function snowflakes(now: () => number): () => string {
  let counter = 0n;
  return () => ((BigInt(Math.floor(now()) - DISCORD_EPOCH_MS) << 22n) | (counter++ & 0xfffn)).toString();
}
