// Which secrets a person is asked for, and where the answers go.
import { describe, expect, it } from "vitest";
import { readHostOptions } from "../../../bin/host-options";
import { withMissingSecrets } from "../../../bin/missing-secrets";
import type { ConnectionSpec } from "../../../provider/connection/spec";
import { AnyIPError } from "../../../provider/errors";

const values = {
  "private-key-path": "~/key",
  proxy: ["jump1", "jump2"],
  "proxy-private-key-path": ["~/own", "~/key"],
};
const connection = readHostOptions(["operator@web1"], values, {});

const lack = (missing?: string) =>
  new AnyIPError("BAD_CREDENTIALS", "no", { facts: missing === undefined ? {} : { missing } });

/** Work that fails for want of these, one after the other, and then has the connection with which it did not. */
function needs(...paths: string[]) {
  const left = [...paths];
  return async (given: ConnectionSpec) => {
    const path = left.shift();
    if (path !== undefined) throw lack(path);
    return given;
  };
}

describe("withMissingSecrets", () => {
  it("asks for each when it is missing, and tries again with all", async () => {
    const asked: string[] = [];
    const work = needs("connection.proxy[0].password", "connection.password", "connection.privilegePassword");
    const filled = await withMissingSecrets(connection, work, async (what) => `secret ${asked.push(what)}`);
    expect(asked).toEqual([
      "Password of root@jump1:22",
      "Password of operator@web1:22",
      "Password that sudo asks for on operator@web1:22",
    ]);
    const [jump1, jump2] = connection.proxies;
    expect(filled).toEqual({
      ...connection,
      password: "secret 2",
      privilegePassword: "secret 3",
      proxies: [{ ...jump1, password: "secret 1" }, jump2],
    });
  });

  it("asks once for the passphrase of a key that several hops share", async () => {
    const asked: string[] = [];
    const work = needs("connection.proxy[1].privateKeyPassword");
    const filled = await withMissingSecrets(connection, work, async (what) => `secret ${asked.push(what)}`);
    expect(asked).toEqual(["Passphrase of ~/key for root@jump2:22"]);
    expect(filled.privateKeyPassword).toBe("secret 1");
    expect(filled.proxies[0]).not.toHaveProperty("privateKeyPassword");
    expect(filled.proxies[1]).toHaveProperty("privateKeyPassword", "secret 1");
  });

  it("knows a single jump host as messages name it", async () => {
    const single = readHostOptions(["web1"], { proxy: ["jump"] }, {});
    const filled = await withMissingSecrets(single, needs("connection.proxy.password"), async () => "secret");
    expect(filled.proxies).toMatchObject([{ host: "jump", password: "secret" }]);
    expect(filled).not.toHaveProperty("password");
  });

  it.each<[string, string | undefined, (() => Promise<string | undefined>) | undefined]>([
    ["nobody can be asked", "connection.password", undefined],
    ["there is no answer", "connection.password", async () => undefined],
    ["the answer is empty", "connection.password", async () => ""],
    ["no secret would have helped", undefined, async () => expect.unreachable()],
    ["what is missing is no secret", "connection.host", async () => expect.unreachable()],
  ])("fails as before where %s", async (_, missing, ask) => {
    const error = lack(missing);
    const work = async () => {
      throw error;
    };
    await expect(withMissingSecrets(connection, work, ask)).rejects.toBe(error);
  });
});
