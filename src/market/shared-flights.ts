import { CandlecastError } from '../core/errors.ts';
import { orAborted } from '../sources/deadline.ts';
import type { Stretch } from '../sources/market/pages.ts';

interface Flight<T> extends Stretch {
  readonly promise: Promise<T>;
  readonly controller: AbortController;
  passengers: number;
}

/** Requests under way, so that callers who want the same at the same time share one. */
export interface SharedFlights<T> {
  /**
   * Joins a flight with that key whose stretch covers the wanted one, else starts one. A caller whose signal fires leaves; the
   * flight is aborted when nobody is left on it.
   */
  join(
    key: string,
    wanted: Stretch,
    start: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T>;
}

/** Makes an empty set of flights. */
export function createSharedFlights<T>(): SharedFlights<T> {
  const flights = new Map<string, Set<Flight<T>>>();

  function takeOff(key: string, wanted: Stretch, start: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const controller = new AbortController();
    const flight: Flight<T> = { ...wanted, controller, passengers: 0, promise: start(controller.signal) };
    const others = flights.get(key) ?? new Set();
    flights.set(key, others.add(flight));
    const land = () => {
      others.delete(flight);
      if (others.size === 0 && flights.get(key) === others) flights.delete(key);
    };
    flight.promise.then(land, land);
    return flight;
  }

  return {
    async join(key, wanted, start, signal) {
      signal?.throwIfAborted();
      const flight =
        [...(flights.get(key) ?? [])].find(
          (other) => !other.controller.signal.aborted && other.fromMs <= wanted.fromMs && other.toMs >= wanted.toMs,
        ) ?? takeOff(key, wanted, start);
      flight.passengers++;
      try {
        return await (signal ? orAborted(flight.promise, signal) : flight.promise);
      } finally {
        flight.passengers--;
        if (flight.passengers === 0) flight.controller.abort(abandoned());
      }
    },
  };
}

function abandoned(): CandlecastError {
  return new CandlecastError('CC_TIMEOUT', 'Nobody waits for the answer any more.', { retryable: true });
}
