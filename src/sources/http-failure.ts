import { isAxiosError } from 'axios';
import { SourceError } from './source-error.ts';

/** Plain words for the operating system's and Node's codes that users meet. */
const NETWORK_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused the connection',
  ECONNRESET: 'closed the connection',
  EPIPE: 'closed the connection',
  ENOTFOUND: 'has a host name that cannot be resolved',
  EAI_AGAIN: 'has a host name that cannot be resolved at the moment',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'did not accept the connection in time',
};

/**
 * Turns what axios threw into an error of ours. The original is not kept as cause: an AxiosError carries the URL, the
 * headers and the body, any of which may hold a key.
 */
export function explainTransportError(source: string, error: unknown, maxBytes: number): SourceError {
  const code = isAxiosError(error) && typeof error.code === 'string' ? error.code : '';
  if (isAxiosError(error) && /maxContentLength/.test(error.message)) {
    const limit = `${Math.round(maxBytes / 1024)} KiB`;
    return new SourceError(source, 'CC_SOURCE_TOO_LARGE', `sent more than the limit of ${limit}.`);
  }
  if (code === 'ERR_FR_TOO_MANY_REDIRECTS') return new SourceError(source, 'CC_SOURCE_HTTP', 'redirects in circles.');
  if (/^(Z_|ERR_BROTLI|ERR_ZLIB)/.test(code)) {
    return new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent a body that cannot be decompressed.');
  }
  if (code.startsWith('HPE_')) {
    return new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent something that is no HTTP.');
  }
  // axios attaches the response once its headers have come: the body then broke off.
  if (isAxiosError(error) && error.response) {
    return new SourceError(source, 'CC_SOURCE_BAD_DATA', 'sent an answer that broke off in the middle.', {
      context: { truncated: true },
      retryable: true,
    });
  }
  const reason = NETWORK_REASONS[code] ?? 'could not be reached';
  return new SourceError(source, 'CC_SOURCE_NETWORK', `${reason}.`, {
    context: { cause: /^[A-Z_0-9]{1,40}$/.test(code) ? code : 'unknown' },
    retryable: true,
  });
}

/** What a status says to a person, where the number alone says little. */
const STATUS_HINTS: Readonly<Record<number, string>> = {
  401: ' (it wants another key)',
  403: ' (not allowed from here, or not with this key)',
  404: ' (no such thing)',
  451: ' (not available in the country this machine is in)',
};

/** The error for a status that is no success; 5xx may pass, others will not. */
export function explainStatus(source: string, status: number): SourceError {
  const hint = STATUS_HINTS[status] ?? '';
  return new SourceError(source, 'CC_SOURCE_HTTP', `answered with status ${status}${hint}.`, {
    status,
    retryable: status >= 500,
  });
}
