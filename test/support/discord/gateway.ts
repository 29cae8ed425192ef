import type { IncomingMessage, Server } from 'node:http';
import { GatewayCloseCodes, GatewayOpcodes } from 'discord-api-types/v10';
import { type WebSocket, WebSocketServer } from 'ws';
import { shardOfGuild } from '../../../src/core/shards.ts';
import { Waiter } from './waiter.ts';

/** Discord's pace of identifying in one group of shards; a client that waits five seconds may be a little early by its own clock. */
const IDENTIFY_MS = 4_900;

/** What the gateway lets in and what it says first. */
export interface GatewaySetup {
  readonly server: Server;
  readonly token: string;
  readonly heartbeatIntervalMs: number;
  /** Bits of the intents the application may ask for. */
  readonly allowedIntents: number;
  /** Dispatches that follow READY. */
  readonly greeting: (shard: readonly [number, number]) => readonly { readonly t: string; readonly d: object }[];
  readonly ready: (sessionId: string, shard: readonly [number, number]) => object;
  /** How many shards may identify at once; within five seconds of another of its group, one is refused. Absent: nothing is refused. */
  readonly maxConcurrency?: number | undefined;
  /** How many shards Discord wants now. */
  readonly shards: () => number;
}

interface Payload {
  readonly op: number;
  readonly d: unknown;
}

interface Identify {
  readonly token: string;
  readonly intents: number;
  readonly shard?: readonly [number, number];
}

interface Session {
  readonly id: string;
  readonly shard: readonly [id: number, count: number];
  sequence: number;
  readonly sent: { readonly t: string; readonly d: object; readonly s: number }[];
  socket: WebSocket | null;
}

/** The gateway half of the loopback Discord: HELLO, IDENTIFY, READY, heartbeats, RESUME with replay, close codes. */
export class LoopbackGateway {
  /** Sockets that were opened, before anything is said. */
  readonly opened = new Waiter<true>();
  readonly identified = new Waiter<Identify>();
  /** The number of events replayed. */
  readonly resumed = new Waiter<number>();
  readonly heartbeats = new Waiter<number | null>();
  readonly closed = new Waiter<number>();
  /** Shards that identified too early, and were refused. */
  readonly early: number[] = [];
  readonly #identifiedAtMs = new Map<number, number>();
  /** Answers IDENTIFY with this close code instead of READY, such as 4014. */
  refuseWith: number | null = null;
  /** Accepts the socket and never says HELLO. */
  mute = false;
  /** No longer reads what the client sends, so that a close is never answered. */
  set deaf(value: boolean) {
    for (const socket of this.#sockets.clients) value ? socket.pause() : socket.resume();
  }
  readonly #setup: GatewaySetup;
  readonly #sockets: WebSocketServer;
  readonly #sessions = new Map<string, Session>();
  #latest: Session | null = null;
  #sessionCount = 0;

  constructor(setup: GatewaySetup) {
    this.#setup = setup;
    this.#sockets = new WebSocketServer({ server: setup.server });
    this.#sockets.on('connection', (socket, request) => this.#open(socket, request));
  }

  /** Sends an event; while the client is away it is kept for the replay. */
  dispatch(t: string, d: object): void {
    const session = this.#latest;
    if (!session) throw new Error('no client has identified yet');
    this.#sendTo(session, t, d);
  }

  /** Sends an event of a server to every session that is connected and holds its shard; returns to how many. */
  route(guildId: string, t: string, d: object): number {
    const receivers = [...this.#sessions.values()].filter(
      ({ shard: [id, count] }) => shardOfGuild(guildId, count) === id,
    );
    // A session without a connection keeps it for the replay.
    for (const session of receivers) this.#sendTo(session, t, d);
    return receivers.filter(({ socket }) => socket !== null).length;
  }

  #sendTo(session: Session, t: string, d: object): void {
    const event = { t, d, s: ++session.sequence };
    session.sent.push(event);
    if (session.socket) send(session.socket, { op: GatewayOpcodes.Dispatch, ...event });
  }

  /** The shards that are connected, with their numbers of all, such as `0/2`, in order. */
  connectedShards(): string[] {
    return [...this.#sessions.values()]
      .filter(({ socket }) => socket !== null)
      .map(({ shard: [id, count] }) => `${id}/${count}`)
      .sort();
  }

  /** Ends the connection; codes below 4000 and most above make the client resume. */
  disconnect(code: number): void {
    const socket = this.#detach();
    socket.close(code);
  }

  /** Cuts the connection as a broken network does. */
  cut(): void {
    this.#detach().terminate();
  }

  /** Asks the client to connect anew and resume. */
  askToReconnect(): void {
    send(this.#current(), { op: GatewayOpcodes.Reconnect, d: null });
  }

  /** Asks for a heartbeat out of turn. */
  askForHeartbeat(): void {
    send(this.#current(), { op: GatewayOpcodes.Heartbeat, d: null });
  }

  /** Forgets the session, so that the client has to identify again. */
  invalidateSession(): void {
    const socket = this.#detach();
    this.#sessions.clear();
    send(socket, { op: GatewayOpcodes.InvalidSession, d: false });
  }

  close(): void {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#sockets.close();
  }

  #current(): WebSocket {
    const socket = this.#latest?.socket;
    if (!socket) throw new Error('no client is connected');
    return socket;
  }

  #detach(): WebSocket {
    const socket = this.#current();
    if (this.#latest) this.#latest.socket = null;
    return socket;
  }

  #open(socket: WebSocket, request: IncomingMessage): void {
    const query = new URL(request.url ?? '/', 'ws://gateway').searchParams;
    if (query.get('v') !== '10' || query.get('encoding') !== 'json') {
      socket.close(GatewayCloseCodes.InvalidAPIVersion);
      return;
    }
    let session: Session | null = null;
    socket.on('close', (code) => {
      if (session?.socket === socket) session.socket = null;
      // Every other code leaves the session alive.
      if (session && (code === 1_000 || code === 1_001)) this.#sessions.delete(session.id);
      this.closed.push(code);
    });
    socket.on('message', (data) => {
      const payload = parse(String(data));
      if (!payload) socket.close(GatewayCloseCodes.DecodeError);
      else if (payload.op === GatewayOpcodes.Heartbeat) {
        this.heartbeats.push(payload.d as number | null);
        send(socket, { op: GatewayOpcodes.HeartbeatAck });
      } else if (payload.op === GatewayOpcodes.Identify) {
        if (session) socket.close(GatewayCloseCodes.AlreadyAuthenticated);
        else session = this.#identify(socket, payload.d as Identify);
      } else if (payload.op === GatewayOpcodes.Resume) {
        session = this.#resume(socket, payload.d as { token: string; session_id: string; seq: number });
      } else if (!session) socket.close(GatewayCloseCodes.NotAuthenticated);
    });
    this.opened.push(true);
    if (!this.mute) {
      send(socket, { op: GatewayOpcodes.Hello, d: { heartbeat_interval: this.#setup.heartbeatIntervalMs } });
    }
  }

  #identify(socket: WebSocket, identify: Identify): Session | null {
    const { token, allowedIntents, greeting, ready } = this.#setup;
    const refusal =
      identify.token !== token
        ? GatewayCloseCodes.AuthenticationFailed
        : (identify.intents & ~allowedIntents) !== 0
          ? GatewayCloseCodes.DisallowedIntents
          : (identify.shard?.[1] ?? 1) < this.#setup.shards()
            ? GatewayCloseCodes.ShardingRequired
            : this.refuseWith;
    if (refusal !== null) {
      socket.close(refusal);
      return null;
    }
    const [shard, count] = identify.shard ?? [0, 1];
    if (shard >= count) {
      socket.close(GatewayCloseCodes.InvalidShard);
      return null;
    }
    const { maxConcurrency } = this.#setup;
    if (maxConcurrency !== undefined) {
      const group = shard % maxConcurrency;
      const nowMs = performance.now();
      if (nowMs - (this.#identifiedAtMs.get(group) ?? Number.NEGATIVE_INFINITY) < IDENTIFY_MS) {
        this.early.push(shard);
        send(socket, { op: GatewayOpcodes.InvalidSession, d: false });
        return null;
      }
      this.#identifiedAtMs.set(group, nowMs);
    }
    const session: Session = {
      id: `session-${++this.#sessionCount}`,
      shard: [shard, count],
      sequence: 0,
      sent: [],
      socket,
    };
    this.#sessions.set(session.id, session);
    this.#latest = session;
    this.dispatch('READY', ready(session.id, identify.shard ?? [0, 1]));
    for (const { t, d } of greeting(session.shard)) this.dispatch(t, d);
    this.identified.push(identify);
    return session;
  }

  #resume(socket: WebSocket, resume: { token: string; session_id: string; seq: number }): Session | null {
    const session = this.#sessions.get(resume.session_id);
    if (resume.token !== this.#setup.token) socket.close(GatewayCloseCodes.AuthenticationFailed);
    else if (!session) send(socket, { op: GatewayOpcodes.InvalidSession, d: false });
    else if (resume.seq > session.sequence) socket.close(GatewayCloseCodes.InvalidSeq);
    else {
      session.socket = socket;
      const missed = session.sent.filter(({ s }) => s > resume.seq);
      for (const event of missed) send(socket, { op: GatewayOpcodes.Dispatch, ...event });
      this.#sendTo(session, 'RESUMED', {});
      this.resumed.push(missed.length);
      return session;
    }
    return null;
  }
}

function send(socket: WebSocket, payload: object): void {
  socket.send(JSON.stringify(payload));
}

function parse(text: string): Payload | null {
  try {
    const payload: unknown = JSON.parse(text);
    return typeof payload === 'object' && payload !== null && 'op' in payload ? (payload as Payload) : null;
  } catch {
    return null;
  }
}
