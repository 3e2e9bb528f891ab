// Opens the TCP connection to the first hop, and says in plain words why it could not.

import { connect, type Socket } from "node:net";
import type { HopSpec } from "../connection/spec";
import { DialError } from "./dial-error";

const KEEPALIVE_DELAY_MS = 5_000;

/** Opens a socket without Nagle's delay, which doubles the time of a login (facts S1). @throws DialError */
export function openTcpSocket(hop: HopSpec, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: hop.host,
      port: hop.port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEPALIVE_DELAY_MS,
      // Node's own 250 ms an address gives up on hosts that are merely far away.
      autoSelectFamilyAttemptTimeout: Math.max(250, Math.floor(timeoutMs / 3)),
    });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(describeTcpFailure(hop, "ETIMEDOUT", timeoutMs, undefined));
    }, timeoutMs);
    const onError = (error: NodeJS.ErrnoException): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(describeTcpFailure(hop, error.code ?? "", timeoutMs, error));
    };
    socket.once("error", onError);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", onError);
      resolve(socket);
    });
  });
}

function describeTcpFailure(hop: HopSpec, code: string, timeoutMs: number, origin: unknown): DialError {
  const fail = (what: string, advice: string): DialError =>
    new DialError("HOST_UNREACHABLE", what, advice, true, origin);
  switch (code) {
    case "ENOTFOUND":
      return fail(
        `has no address: the name ${hop.host} does not resolve`,
        "Check the name, or give an address.",
      );
    case "EAI_AGAIN":
      return fail(
        `has no address: looking up ${hop.host} failed for now (EAI_AGAIN)`,
        "Check the resolver of this machine.",
      );
    case "ECONNREFUSED":
      return fail(
        `refused the connection: nothing listens on port ${hop.port}`,
        "Check the port, and that sshd runs there.",
      );
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return fail(
        `cannot be reached: there is no route to it (${code})`,
        "Check the address and this machine's network.",
      );
    case "ETIMEDOUT":
      return fail(
        `did not answer: no TCP connection within ${timeoutMs / 1000} s`,
        "Check that the host is up and that no firewall drops the port.",
      );
    default:
      return fail(
        `cannot be reached (${code || "unknown error"})`,
        "Check the address and this machine's network.",
      );
  }
}
