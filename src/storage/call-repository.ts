import { createHash, randomBytes } from 'node:crypto';
import { type Kysely, sql, type Transaction } from 'kysely';
import { CALLS_A_DAY, type Call, type CallEvent, type RecordedCall, scoreCall } from '../core/calls.ts';
import { DAY_MS } from '../core/time.ts';
import type { Guard } from './connection.ts';
import { createEventChain, type Ended, type EventChain } from './event-chain.ts';
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
}

type CallEnd = NonNullable<RecordedCall['end']>;

/** Scores are computed again to so many parts of one: processors differ in the last digits of a logarithm. */
const PRECISION = 1e-9;

/** The chain of calls. */
export const CALL_CHAIN: EventChain<CallEventRow, Call, CallEnd> = {
  table: 'call_events',
  of: 'call_number',
  kind: 'call',
  noun: 'calls',
  canonical: (row) =>
    JSON.stringify({
      atMs: row.at_ms,
      body: row.body,
      call: row.call_number,
      member: row.member,
      number: row.number,
      previousHash: row.previous_hash,
    }),
  columnsOf: ({ targetMs }) => ({ target_ms: targetMs }),
  endFault(end, call) {
    if (end.kind !== 'outcome') return null;
    const { score, bot, toss, actualPrice, source } = end.scores;
    const right = scoreCall(call, actualPrice, source);
    const isRight = (is: number | null, by: number | null) =>
      is === null || by === null ? is === by : Math.abs(is - by) <= PRECISION * Math.max(1, Math.abs(by));
    return isRight(score, right.score) && isRight(bot, right.bot) && isRight(toss, right.toss)
      ? null
      : 'has scores that do not follow from its call and its price';
  },
};

const dayOf = (ms: number) => Math.floor(ms / DAY_MS);

/** Makes the repository. */
export function createCallRepository(db: Kysely<Database>, kind: DatabaseKind, guard: Guard): CallRepository {
  const { write, append, firsts, find, due, end } = createEventChain(CALL_CHAIN, db, kind, guard);

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

  return {
    add: (maker, call, atMs) =>
      write(async (transaction) => {
        const member = await memberOf(transaction, maker);
        const [fromMs, toMs] = [dayOf(atMs) * DAY_MS, (dayOf(atMs) + 1) * DAY_MS];
        const today = await firsts(transaction, sql`member = ${member} and at_ms >= ${fromMs} and at_ms < ${toMs}`);
        if (today.length >= CALLS_A_DAY) return 'day-full';
        const isSame = (one: Call) =>
          one.symbol === call.symbol && one.horizon === call.horizon && one.claim.sort === call.claim.sort;
        if (today.some(isSame)) return 'again';
        const event: CallEvent = { kind: 'call', call };
        return append(transaction, { member, target_ms: call.targetMs }, event, atMs);
      }),

    due: async (untilMs, limit) => (await due(untilMs, limit)).map(toRecorded),
    end,

    async ofPerson({ guildId, userId }, limit) {
      const own = sql`(select member from call_members where guild_id = ${guildId} and user_id = ${userId})`;
      const found = await find(sql`q.member in ${own} order by q.number desc limit ${limit}`);
      return found.map(toRecorded);
    },

    async ofServer(guildId, fromMs, toMs, limit) {
      const members = await guard('read calls from', () =>
        db.selectFrom('call_members').select(['member', 'user_id']).where('guild_id', '=', guildId).execute(),
      );
      const users = new Map(members.map(({ member, user_id }) => [member, user_id]));
      const own = sql`(select member from call_members where guild_id = ${guildId})`;
      const found = await find(
        sql`q.member in ${own} and q.target_ms >= ${fromMs} and q.target_ms < ${toMs} order by q.number desc limit ${limit}`,
      );
      return found.flatMap((one) => {
        const userId = users.get(one.row.member);
        return userId === undefined ? [] : [{ ...toRecorded(one), userId }];
      });
    },
  };
}

const toRecorded = ({ number, first, end }: Ended<CallEventRow, Call, CallEnd>): RecordedCall => ({
  number,
  call: first,
  end,
});
