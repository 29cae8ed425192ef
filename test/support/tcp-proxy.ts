import { connect, createServer, type Server, type Socket } from 'node:net';

/** A TCP proxy on 127.0.0.1 whose connections can fall silent: open, and nothing passes any more. */
export class TcpProxy {
  readonly url: string;
  readonly #server: Server;
  readonly #pairs: Set<readonly [Socket, Socket]>;
  /** Whether new connections are silent from their beginning. */
  silentFromNow = false;

  private constructor(server: Server, url: string, pairs: Set<readonly [Socket, Socket]>) {
    this.#server = server;
    this.url = url;
    this.#pairs = pairs;
  }

  /** Starts a proxy in front of the host and port of an address, and gives the same address through it. */
  static async start(to: string): Promise<TcpProxy> {
    const target = new URL(to);
    const pairs = new Set<readonly [Socket, Socket]>();
    const server = createServer((near) => {
      near.on('error', () => {});
      if (proxy.silentFromNow) return;
      const far = connect(Number(target.port), target.hostname);
      far.on('error', () => near.destroy());
      near.on('close', () => far.destroy());
      far.on('close', () => near.destroy());
      near.pipe(far).pipe(near);
      pairs.add([near, far]);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('No port.');
    const url = new URL(to);
    url.host = `127.0.0.1:${address.port}`;
    const proxy = new TcpProxy(server, url.href, pairs);
    return proxy;
  }

  /** Nothing passes any more over the connections there are. */
  silence(): void {
    for (const [near, far] of this.#pairs) {
      near.unpipe(far).pause();
      far.unpipe(near).pause();
    }
  }

  close(): void {
    for (const [near, far] of this.#pairs) {
      near.destroy();
      far.destroy();
    }
    this.#server.close();
  }
}
