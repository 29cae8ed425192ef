import { createHash, randomBytes } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { CALLS_A_DAY, type Call, type CallEvent, type RecordedCall } from '../core/calls.ts';
import { NO_HASH } from '../core/ledger.ts';
import { DAY_MS } from '../core/time.ts';
import type { Guard } from './connection.ts';
import { type ChainVerdict, verifyEvents } from './event-chain.ts';
import type { CallEventRow } from './personal-schema.ts';
import type { Database, DatabaseKind } from './schema.ts';

/** Who calls, in which server. */
export interface CallMaker {
  readonly guildId: string;
  readonly userId: string;
}

/** A call of a member of a server. */
export interface MemberCall extends RecordedCall {
  readonly userId: string;
}

/**
 * Members' calls and what came of them: one chain of rows that are only ever added. A row names its maker by a salted hash; which person that is stands
 * apart, so that it can be deleted while the chain stays whole. Methods throw `CC_DATABASE`.
 */
export interface CallRepository {
  /** Freezes a call; its number, or why it is not taken: too many on that day (UTC), or the same coin, horizon and sort again on that day. */
  add(maker: CallMaker, call: Call, atMs: number): Promise<number | 'day-full' | 'again'>;
  /** Calls without an end whose target is over by `untilMs`, the oldest first. */
  due(untilMs: number, limit: number): Promise<readonly RecordedCall[]>;
  /** Adds the end of calls, once each. Returns how many were added. */
  end(
    ends: readonly { readonly number: number; readonly event: Exclude<CallEvent, { kind: 'call' }> }[],
    atMs: number,
  ): Promise<number>;
  /** A person's calls in a server, the newest first. */
  ofPerson(maker: CallMaker, limit: number): Promise<readonly RecordedCall[]>;
  /** Calls of a server that came due from `fromMs` to before `toMs`, of persons who have not deleted them. */
  ofServer(guildId: string, fromMs: number, toMs: number, limit: number): Promise<readonly MemberCall[]>;
  /** Verifies the chain; the first fault in words, or null. */
  verify(): Promise<ChainVerdict>;
}

const hashOf = (row: Omit<CallEventRow, 'hash' | 'kind' | 'target_ms'>) =>
  createHash('sha256')
    .update(
      JSON.stringify({
        atMs: row.at_ms,
        body: row.body,
        call: row.call_number,
        member: row.member,
        number: row.number,
        previousHash: row.previous_hash,
      }),
      'utf8',
    )
    .digest('hex');

const dayOf = (ms: number) => Math.floor(ms / DAY_MS);

/** Makes the repository. */
export function createCallRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): CallRepository {
  const write = <T>(step: (transaction: Transaction<Database>) => Promise<T>) =>
    guard('store a call in', () =>
      db.transaction().execute(async (transaction) => {
        // SQLite took the write lock at the beginning. Without one, two processes would chain to the same row.
        if (kind === 'postgres') await sql`lock table call_events in share row exclusive mode`.execute(transaction);
        return step(transaction);
      }),
    );

  async function append(
    transaction: Transaction<Database>,
    { callNumber, member, targetMs, event, atMs }: NewEvent,
  ): Promise<number> {
    const last = await transaction
      .selectFrom('call_events')
      .select(['number', 'hash'])
      .orderBy('number', 'desc')
      .limit(1)
      .executeTakeFirst();
    const number = (last?.number ?? 0) + 1;
    const row = {
      number,
      call_number: callNumber ?? number,
      at_ms: atMs,
      member,
      body: JSON.stringify(event),
      previous_hash: last?.hash ?? NO_HASH,
    };
    const whole = { ...row, kind: event.kind, target_ms: targetMs, hash: hashOf(row) };
    await transaction.insertInto('call_events').values(whole).execute();
    return number;
  }

  /** The name of a person in the chain of a server, made at their first call. */
  async function memberOf(transaction: Transaction<Database>, { guildId, userId }: CallMaker): Promise<string> {
    const known = await transaction
      .selectFrom('call_members')
      .select('member')
      .where('guild_id', '=', guildId)
      .where('user_id', '=', userId)
      .executeTakeFirst();
    if (known) return known.member;
    const salt = randomBytes(16).toString('hex');
    const member = createHash('sha256').update(`${salt} ${guildId} ${userId}`, 'utf8').digest('hex');
    await transaction.insertInto('call_members').values({ member, guild_id: guildId, user_id: userId, salt }).execute();
    return member;
  }

  /** Calls with their ends, where a condition on the call's row holds. */
  const callsWithEnds = () =>
    db
      .selectFrom('call_events as c')
      .leftJoin('call_events as e', (join) => join.onRef('e.call_number', '=', 'c.number').on('e.kind', '<>', 'call'))
      .select(['c.number', 'c.body', 'e.body as end_body'])
      .where('c.kind', '=', 'call');

  const rowsAfter = (after: number, limit: number) =>
    db.selectFrom('call_events').selectAll().where('number', '>', after).orderBy('number').limit(limit).execute();

  return {
    add: (maker, call, atMs) =>
      write(async (transaction) => {
        const member = await memberOf(transaction, maker);
        const rows = await transaction
          .selectFrom('call_events')
          .select('body')
          .where('member', '=', member)
          .where('kind', '=', 'call')
          .where('at_ms', '>=', dayOf(atMs) * DAY_MS)
          .where('at_ms', '<', (dayOf(atMs) + 1) * DAY_MS)
          .execute();
        const today = rows.map(({ body }) => callOf(body));
        if (today.length >= CALLS_A_DAY) return 'day-full';
        const isSame = (one: Call) =>
          one.symbol === call.symbol && one.horizon === call.horizon && one.claim.sort === call.claim.sort;
        if (today.some(isSame)) return 'again';
        return append(transaction, {
          callNumber: null,
          member,
          targetMs: call.targetMs,
          event: { kind: 'call', call },
          atMs,
        });
      }),

    due: (untilMs, limit) =>
      guard('read calls from', async () => {
        const rows = await callsWithEnds()
          .where('c.target_ms', '<=', untilMs)
          .where('e.number', 'is', null)
          .orderBy('c.target_ms')
          .orderBy('c.number')
          .limit(limit)
          .execute();
        return rows.map(toRecorded);
      }),

    end: (ends, atMs) =>
      write(async (transaction) => {
        let added = 0;
        for (const { number, event } of ends) {
          const rows = await transaction
            .selectFrom('call_events')
            .select(['kind', 'member', 'target_ms'])
            .where('call_number', '=', number)
            .execute();
          const call = rows.find((row) => row.kind === 'call');
          if (!call || rows.length > 1) continue;
          await append(transaction, { callNumber: number, member: call.member, targetMs: call.target_ms, event, atMs });
          added++;
        }
        return added;
      }),

    ofPerson: ({ guildId, userId }, limit) =>
      guard('read calls from', async () => {
        const rows = await callsWithEnds()
          .innerJoin('call_members as m', 'm.member', 'c.member')
          .where('m.guild_id', '=', guildId)
          .where('m.user_id', '=', userId)
          .orderBy('c.number', 'desc')
          .limit(limit)
          .execute();
        return rows.map(toRecorded);
      }),

    ofServer: (guildId, fromMs, toMs, limit) =>
      guard('read calls from', async () => {
        const rows = await callsWithEnds()
          .innerJoin('call_members as m', 'm.member', 'c.member')
          .select('m.user_id')
          .where('m.guild_id', '=', guildId)
          .where('c.target_ms', '>=', fromMs)
          .where('c.target_ms', '<', toMs)
          .orderBy('c.number', 'desc')
          .limit(limit)
          .execute();
        return rows.map((row) => ({ ...toRecorded(row), userId: row.user_id }));
      }),

    verify: () =>
      guard('read calls from', () => verifyEvents((number) => `Row ${number} of the calls`, rowsAfter, isIntact)),
  };
}

interface NewEvent {
  /** Null for a call itself. */
  readonly callNumber: number | null;
  readonly member: string;
  readonly targetMs: number;
  readonly event: CallEvent;
  readonly atMs: number;
}

/** Whether a row has its hash, and its columns say what its body does. */
function isIntact(row: CallEventRow): boolean {
  if (hashOf(row) !== row.hash) return false;
  // What has its hash was written by this program, and can be read.
  const event = JSON.parse(row.body) as CallEvent;
  return event.kind === row.kind && (event.kind !== 'call' || event.call.targetMs === row.target_ms);
}

function callOf(body: string): Call {
  const event = JSON.parse(body) as CallEvent;
  if (event.kind !== 'call') throw new TypeError('the row is no call');
  return event.call;
}

function toRecorded(row: {
  readonly number: number;
  readonly body: string;
  readonly end_body: string | null;
}): RecordedCall {
  return {
    number: row.number,
    call: callOf(row.body),
    end: row.end_body === null ? null : (JSON.parse(row.end_body) as NonNullable<RecordedCall['end']>),
  };
}
