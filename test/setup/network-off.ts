import net from 'node:net';

/**
 * Refuses every connection that does not stay on this machine, so that no test depends on the outside or reaches it.
 * Sits at the socket, below axios, discord.js and everything else. It is loaded for each file and may find itself there already.
 */
const THIS_MACHINE = /^(127(\.\d{1,3}){3}|::1|localhost|)$/;
/** Addresses for measuring networks, which nobody has (RFC 2544): namespaces of this machine, see test/support/network-namespace.ts. */
const NAMESPACE = /^198\.18(\.\d{1,3}){2}$/;
const { connect } = net.Socket.prototype;

function connectOnThisMachine(this: net.Socket, ...args: unknown[]): net.Socket {
  const [first] = Array.isArray(args[0]) ? (args[0] as unknown[]) : args;
  const options = typeof first === 'object' && first !== null ? (first as { host?: string; path?: string }) : {};
  const host = typeof first === 'object' ? (options.host ?? '') : typeof args[1] === 'string' ? args[1] : '';
  if (!options.path && !THIS_MACHINE.test(host) && !NAMESPACE.test(host)) {
    throw new Error(`Tests may not use the network: ${host}`);
  }
  return Reflect.apply(connect, this, args) as net.Socket;
}

if (connect.name !== connectOnThisMachine.name) net.Socket.prototype.connect = connectOnThisMachine as typeof connect;
