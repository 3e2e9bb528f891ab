// Opens the connection to the next hop from a jump host, and says in plain words why it could not.
// Knows no SSH library, only what a client of one can do.

import { describeHop, type HopSpec } from "../connection/spec";
import { DialError } from "./dial-error";

/** A connection to a jump host, as far as forwarding needs it. */
export interface ForwardingLink<Channel> {
  readonly hop: HopSpec;
  readonly client: {
    forwardOut(
      sourceAddress: string,
      sourcePort: number,
      host: string,
      port: number,
      callback: (error: Error | undefined, channel: Channel) => void,
    ): unknown;
  };
  /** Calls back when the connection has ended; at once if it has. */
  onEnd(listener: (reason: string) => void): void;
}

/** Lets a jump host open the TCP connection to the next hop. @throws DialError */
export function openForward<Channel extends { destroy(): unknown }>(
  through: ForwardingLink<Channel>,
  hop: HopSpec,
  timeoutMs: number,
): Promise<Channel> {
  const via = describeHop(through.hop);
  const fail = (what: string, advice: string, again: boolean, origin?: unknown): DialError =>
    new DialError("HOST_UNREACHABLE", what, advice, again, origin);
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      reject(
        fail(`did not answer the jump host ${via} within ${timeoutMs / 1000} s`, "Check its address.", true),
      );
    }, timeoutMs);
    const lose = (origin: unknown): void =>
      reject(
        fail(
          `cannot be dialled: the connection to the jump host ${via} was lost`,
          "Try again.",
          false,
          origin,
        ),
      );
    through.onEnd(lose);
    try {
      through.client.forwardOut("127.0.0.1", 0, hop.host, hop.port, (error, channel) => {
        clearTimeout(timer);
        if (error === undefined) {
          // One that opens after its time is up has nobody else to close it.
          if (late) channel.destroy();
          resolve(channel);
          return;
        }
        const said = error.message
          .replace(/^\(SSH\) Channel open failure: /, "")
          .replace(/[^\x20-\x7e]+/g, " ");
        // RFC 4254, section 5.1: 1 is "administratively prohibited".
        if ((error as { reason?: unknown }).reason === 1) {
          const advice = "Allow it there (AllowTcpForwarding, PermitOpen), or use another jump host.";
          reject(fail(`may not be dialled through the jump host ${via} (${said})`, advice, false, error));
        } else {
          const advice = "Check the address as the jump host sees it, and that sshd runs there.";
          reject(fail(`cannot be reached from the jump host ${via} (${said})`, advice, true, error));
        }
      });
    } catch (error) {
      clearTimeout(timer);
      lose(error);
    }
  });
}
