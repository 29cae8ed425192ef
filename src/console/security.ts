import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

/** Host names under which the console answers; any other is DNS rebinding or a mistake. */
const LOCAL_NAMES: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** Tells whether a Host header names this machine; the port is free, so that a forwarded port works. */
export function isLocalHost(host: string | undefined): boolean {
  const match = /^(\[::1\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host ?? '');
  return match !== null && LOCAL_NAMES.has(match[1]!.toLowerCase());
}

/** Tells whether a request comes from the console's own page, or from a program that is no browser. */
export function isSameOrigin(headers: {
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}): boolean {
  if (headers.origin !== undefined) return headers.origin.toLowerCase() === `http://${headers.host}`.toLowerCase();
  return headers.fetchSite === undefined || headers.fetchSite === 'same-origin' || headers.fetchSite === 'none';
}

/** Refuses requests under another host name (DNS rebinding) and, on the API, from other origins. */
export function refuseForeignRequests(): MiddlewareHandler {
  return async (c, next) => {
    const host = c.req.header('host');
    if (!isLocalHost(host)) {
      return c.json(refusal('The console answers only at 127.0.0.1 or localhost.'), 421);
    }
    const origin = c.req.header('origin');
    const fetchSite = c.req.header('sec-fetch-site');
    // A link on another site may open the page itself; only the API and posts must come from it.
    const guarded = c.req.path.startsWith('/api/') || c.req.method !== 'GET' || origin !== undefined;
    if (guarded && !isSameOrigin({ host, origin, fetchSite })) {
      return c.json(refusal('The console answers only its own page.'), 403);
    }
    return next();
  };
}

/** Sets headers that let the page load, run and call nothing but its own files and API. */
export function strictHeaders(): MiddlewareHandler {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      fontSrc: ["'self'"],
      imgSrc: ["'self'", 'blob:'],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
      trustedTypes: ["'none'"],
    },
    crossOriginResourcePolicy: 'same-origin',
    crossOriginOpenerPolicy: 'same-origin',
    referrerPolicy: 'no-referrer',
    xFrameOptions: 'DENY',
    // The console is plain HTTP on loopback; HSTS would break every other local server in the same browser.
    strictTransportSecurity: false,
    permissionsPolicy: { camera: [], geolocation: [], microphone: [], payment: [], usb: [] },
  });
}

/** The body of a refused request. */
export function refusal(message: string): { readonly error: { readonly code: 'CC_USAGE'; readonly message: string } } {
  return { error: { code: 'CC_USAGE', message } };
}
