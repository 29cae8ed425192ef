/** Addresses that people are shown; null where there is none. */
export interface Links {
  /** Adds the bot to a server. */
  readonly invite: string | null;
  readonly privacy: string | null;
  readonly terms: string | null;
  readonly support: string | null;
}

/** View Channel, Send Messages, Embed Links, Attach Files, Read Message History: https://discord.com/developers/docs/topics/permissions. */
const PERMISSIONS = [10n, 11n, 14n, 15n, 16n].reduce((bits, bit) => bits | (1n << bit), 0n);

/** The address by which the bot of an application is invited. */
export function inviteLink(applicationId: string): string {
  return `https://discord.com/oauth2/authorize?client_id=${applicationId}&scope=bot+applications.commands&permissions=${PERMISSIONS}`;
}

/** The application's id, which is the first part of a bot's token in base64; null where the token has none. */
export function applicationIdOf(token: string): string | null {
  const [first = ''] = token
    .trim()
    .replace(/^Bot\s+/i, '')
    .split('.');
  const id = Buffer.from(first, 'base64').toString('latin1');
  return /^\d{15,20}$/.test(id) ? id : null;
}
