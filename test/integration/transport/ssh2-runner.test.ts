// The command-runner contract, over ssh2 and a real OpenSSH sshd.

import { describe, expect, it } from "vitest";
import { connectSsh2 } from "../../../provider/transport/ssh2";
import { describeCommandRunner } from "./describe-command-runner";
import { killQuietly, makeLocalSshd } from "./local-sshd";

describeCommandRunner("ssh2", async () => {
  const sshd = await makeLocalSshd();
  return {
    connect: () => connectSsh2(sshd.spec()),
    killSessions: () => {
      for (const pid of sshd.listSessions()) killQuietly(pid);
    },
    remove: () => sshd.remove(),
  };
});

describeCommandRunner("ssh2 with a new session key every 2 MB", async () => {
  const sshd = await makeLocalSshd(["RekeyLimit 2M"]);
  return {
    connect: () => connectSsh2(sshd.spec()),
    killSessions: () => {
      for (const pid of sshd.listSessions()) killQuietly(pid);
    },
    remove: () => sshd.remove(),
  };
});

describe("an sshd that allows fewer sessions than are asked for", () => {
  it.each([1, 2])("serves 8 channels at once with MaxSessions %i", async (limit) => {
    const sshd = await makeLocalSshd([`MaxSessions ${limit}`]);
    try {
      const runner = await connectSsh2(sshd.spec());
      const codes = await Promise.all(
        Array.from({ length: 8 }, async (_, index) => {
          const channel = await runner.open(`sleep 0.05; exit ${index}`);
          return (await channel.waitForExit(10_000)).exitCode;
        }),
      );
      expect(codes).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      runner.close();
    } finally {
      await sshd.remove();
    }
  });

  it("is told from a lost connection: a new one is needed once abandoned commands take every session", async () => {
    const sshd = await makeLocalSshd(["MaxSessions 1"]);
    try {
      const runner = await connectSsh2(sshd.spec());
      (await runner.open("sleep 6")).close();
      await expect(runner.open("true")).rejects.toMatchObject({ code: "CONNECTION_LOST", retryable: true });
      expect(runner.isOpen).toBe(false);
      runner.close();
    } finally {
      await sshd.remove();
    }
  });
});
