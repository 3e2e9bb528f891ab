// Hosts that are not there, not yet there, silent, busy or something else altogether.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect as netConnect, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { connectSsh2 } from "../../../provider/transport/ssh2";
import { findFreePort, type LocalSshd, makeLocalSshd } from "./local-sshd";

let sshd: LocalSshd;

beforeAll(async () => {
  sshd = await makeLocalSshd();
});
afterAll(() => sshd.remove());

const quick = { dialPause: () => 100 };

/** Serves one behaviour on a free port while `work` runs. */
async function withServer(
  answer: (socket: Socket) => void,
  work: (port: number) => Promise<void>,
): Promise<void> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    answer(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await work((server.address() as { port: number }).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
}

/** Takes the one place for a login that is under way, once it is free. */
async function takeStartup(port: number): Promise<Socket> {
  for (;;) {
    const socket = netConnect(port, "127.0.0.1");
    const [said] = (await once(socket, "data")) as [Buffer];
    if (said.toString().startsWith("SSH-")) return socket;
    socket.destroy();
  }
}

describe("dialling", () => {
  it("goes on until an sshd comes up", async () => {
    const late = await makeLocalSshd([], false);
    try {
      const connecting = connectSsh2(late.spec({ dialErrorLimit: 50 }), quick);
      setTimeout(() => void late.start(), 500);
      (await connecting).close();
    } finally {
      await late.remove();
    }
  });

  it("says that nothing listens, and how often it tried", async () => {
    const port = await findFreePort();
    await expect(connectSsh2(sshd.spec({ port, dialErrorLimit: 3 }), quick)).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
      retryable: true,
      message: expect.stringMatching(/refused the connection.*3 dials/s),
    });
  });

  it("says that a name does not resolve", async () => {
    await expect(connectSsh2(sshd.spec({ host: "no-such-host.invalid" }))).rejects.toMatchObject({
      code: "HOST_UNREACHABLE",
      message: expect.stringMatching(/does not resolve|looking up/),
    });
  });

  it("does not wait for a host that accepts and never speaks", async () => {
    await withServer(
      () => {},
      async (port) => {
        const spec = sshd.spec({ port, perDialTimeoutSeconds: 0.3, dialErrorLimit: 2 });
        await expect(connectSsh2(spec, quick)).rejects.toMatchObject({
          code: "HOST_UNREACHABLE",
          message: expect.stringMatching(/no SSH banner within 0\.3 s.*2 dials/s),
        });
      },
    );
  });

  it("dials again when sshd drops a connection before its banner, and repeats what it said", async () => {
    await withServer(
      (socket) => socket.end("Exceeded MaxStartups\r\n"),
      async (port) => {
        await expect(connectSsh2(sshd.spec({ port, dialErrorLimit: 3 }), quick)).rejects.toMatchObject({
          code: "HOST_UNREACHABLE",
          message: expect.stringMatching(/"Exceeded MaxStartups".*3 dials/s),
        });
      },
    );
  });

  it("gets in once an sshd that is full has room again (MaxStartups)", async () => {
    const full = await makeLocalSshd(["MaxStartups 1:100:1"]);
    try {
      const holder = await takeStartup(full.port);
      const refused = connectSsh2(full.spec({ dialErrorLimit: 2 }), quick);
      await expect(refused).rejects.toMatchObject({
        code: "HOST_UNREACHABLE",
        message: expect.stringMatching(/before its SSH banner.*Exceeded MaxStartups.*2 dials/s),
      });
      const connecting = connectSsh2(full.spec({ dialErrorLimit: 50 }), quick);
      setTimeout(() => holder.destroy(), 500);
      (await connecting).close();
    } finally {
      await full.remove();
    }
  });

  it.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"],
    ["binary noise", Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 37) % 256))],
    ["lines without end", "hello\r\n".repeat(5_000)],
  ])("recognises a port that speaks %s", async (_name, bytes) => {
    await withServer(
      (socket) => socket.end(bytes),
      async (port) => {
        await expect(connectSsh2(sshd.spec({ port, dialErrorLimit: 5 }), quick)).rejects.toMatchObject({
          code: "HOST_UNREACHABLE",
          message: expect.stringMatching(/does not speak SSH.*it said/s),
        });
      },
    );
  });

  it("names what the host offers when no algorithm is shared", async () => {
    const picky = await makeLocalSshd(["KexAlgorithms sntrup761x25519-sha512@openssh.com"]);
    try {
      await expect(connectSsh2(picky.spec({ dialErrorLimit: 5 }))).rejects.toMatchObject({
        code: "ALGORITHM_MISMATCH",
        message: expect.stringContaining("sntrup761x25519-sha512@openssh.com"),
      });
    } finally {
      await picky.remove();
    }
  });

  it("gets 30 connections at once past an sshd that drops beyond 10", async () => {
    const runners = await Promise.all(Array.from({ length: 30 }, () => connectSsh2(sshd.spec())));
    for (const runner of runners) runner.close();
    expect(runners).toHaveLength(30);
  });

  it("notices a host that goes silent", async () => {
    const runner = await connectSsh2(sshd.spec(), { keepaliveIntervalMs: 200, keepaliveCount: 2 });
    const read = (await runner.open("sleep 30")).readUntilLine("MARK", 20_000);
    const sessions = sshd.listSessions();
    for (const pid of sessions) process.kill(pid, "SIGSTOP");
    try {
      await expect(read).rejects.toMatchObject({
        code: "CONNECTION_LOST",
        message: expect.stringContaining("went silent"),
      });
    } finally {
      for (const pid of sessions) process.kill(pid, "SIGCONT");
    }
  });
});

describe("the process", () => {
  it("ends by itself once the connection has been idle", async () => {
    const program = `
      const { ConnectionPool } = require(${JSON.stringify(join(__dirname, "../../../provider/transport/pool"))});
      const { connectSsh2 } = require(${JSON.stringify(join(__dirname, "../../../provider/transport/ssh2"))});
      const pool = new ConnectionPool(connectSsh2);
      pool.use(${JSON.stringify(sshd.spec())}, async (runner) => {
        const channel = await runner.open("echo hi; echo MARK");
        process.stdout.write(await channel.readUntilLine("MARK", 5000));
      });`;
    const startedAt = Date.now();
    const child = spawn(process.execPath, [
      "--require",
      join(__dirname, "load-typescript.cjs"),
      "-e",
      program,
    ]);
    let printed = "";
    child.stdout.on("data", (chunk) => (printed += chunk));
    child.stderr.on("data", (chunk) => (printed += chunk));
    const code = await new Promise((resolve) => child.once("exit", resolve));
    expect({ code, printed }).toEqual({ code: 0, printed: "hi\n" });
    expect(Date.now() - startedAt).toBeLessThan(12_000);
  }, 20_000);
});
