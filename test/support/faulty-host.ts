// A LinuxHost over real ssh whose channels a test can tamper with, at the one place where text goes out.
import type { ConnectionSpec } from "../../provider/connection/spec";
import { LinuxHost } from "../../provider/host/linux-host";
import type { CommandChannel, CommandRunner } from "../../provider/transport/command-runner";
import { ConnectionPool } from "../../provider/transport/pool";
import { connectSsh2 } from "../../provider/transport/ssh2";

/** What is sent and where: call `send` with all of the text, some, or not at all; now or later. */
export interface Outgoing {
  readonly text: string;
  readonly channel: CommandChannel;
  readonly runner: CommandRunner;
  /** Counted from 0, over the life of the host. */
  readonly channelIndex: number;
  send(text: string): void;
}

export type Tamper = (outgoing: Outgoing) => void;

/** A lost connection is noticed within 1.5 s. */
const quickKeepalive = { keepaliveIntervalMs: 500, keepaliveCount: 2 };

export function makeFaultyHost(spec: ConnectionSpec, tamper: Tamper): LinuxHost {
  const pool = new ConnectionPool<ConnectionSpec>((dialled) => connectSsh2(dialled, quickKeepalive));
  let channels = 0;
  const wrapRunner = (runner: CommandRunner): CommandRunner => ({
    hostKey: runner.hostKey,
    get isOpen() {
      return runner.isOpen;
    },
    open: async (command) => wrapChannel(await runner.open(command), runner, channels++),
    close: () => runner.close(),
  });
  const wrapChannel = (
    channel: CommandChannel,
    runner: CommandRunner,
    channelIndex: number,
  ): CommandChannel => ({
    write: (text) => tamper({ text, channel, runner, channelIndex, send: (some) => channel.write(some) }),
    end: () => channel.end(),
    readUntilLine: (...args) => channel.readUntilLine(...args),
    waitForExit: (timeoutMs) => channel.waitForExit(timeoutMs),
    close: () => channel.close(),
  });
  return new LinuxHost({
    label: `${spec.user}@${spec.host}:${spec.port}`,
    commandTimeoutMs: 30_000,
    rights: spec,
    withRunner: (work) => pool.use(spec, (runner) => work(wrapRunner(runner))),
  });
}

/** Does something at the moment when a change stands on the host and only its confirmation is missing. */
export function beforeConfirmation(fault: (outgoing: Outgoing, count: number) => Promise<void>): Tamper {
  let count = 0;
  return (outgoing) => {
    const { text, send } = outgoing;
    if (!text.startsWith("confirm ")) send(text);
    else void fault(outgoing, count++).then(() => send(text));
  };
}

/** Ends each channel for which `isCut` holds after so many bytes: by its own close, or by the connection's. */
export function cutAfter(
  bytes: number,
  what: "channel" | "connection",
  isCut: (channelIndex: number) => boolean,
): Tamper {
  const sent = new Map<CommandChannel, number>();
  return ({ text, channel, runner, channelIndex, send }) => {
    const before = sent.get(channel) ?? 0;
    sent.set(channel, before + text.length);
    if (!isCut(channelIndex) || before + text.length <= bytes) return send(text);
    send(text.slice(0, Math.max(0, bytes - before)));
    if (what === "channel") channel.close();
    else runner.close();
  };
}
