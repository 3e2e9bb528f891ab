// The conversation for sudo's password with a host that says what the test says: what is sent, and when.
import { describe, expect, it } from "vitest";
import { AnyIPError } from "../../../provider/errors";
import { RootAccess, type RootRights } from "../../../provider/host/root-access";
import type { CommandChannel, CommandRunner } from "../../../provider/transport/command-runner";

const privilegePassword = "correct horse";

/** An answer in which NONCE stands for the nonce; an error is the end of the channel. */
type Script = readonly (string | AnyIPError)[];

const granted = "\nNONCE granted\n";
const prompt = "We trust you have received the usual lecture\n\n";
const exit = (code: number) => `:\nNONCE exit ${code}\n`;
const lost = () => new AnyIPError("CONNECTION_LOST", "lost", { retryable: true });

/** A runner whose channels answer by the scripts, one each; `log` has all that was done, in order. */
function makeRunner(...scripts: readonly Script[]) {
  const log: string[] = [];
  let opened = 0;
  const open = async (command: string): Promise<CommandChannel> => {
    const answers = [...(scripts[opened++] ?? [])];
    const kind = command.includes("say()") ? "trial" : command.includes("-S -p") ? "asking" : "plain";
    log.push(`open ${kind}`);
    return {
      write: (text) => log.push(`write ${text.replaceAll(/anyip-[0-9a-f]+/g, "NONCE")}`),
      end: () => log.push("end"),
      close: () => log.push("close"),
      readUntilLine: async (marker) => {
        const answer = answers.shift() ?? lost();
        if (answer instanceof AnyIPError) throw answer;
        log.push("read");
        return answer.replaceAll("NONCE", marker);
      },
      waitForExit: () => Promise.reject(new Error("not asked for")),
    };
  };
  const runner: CommandRunner = { hostKey: undefined, isOpen: true, open, close: () => {} };
  return { runner, log };
}

const makeAccess = (rights: Partial<RootRights> = { privilegePassword }) =>
  new RootAccess("operator@h:22", { privilege: "auto", ...rights }, 1000);
const probe = "printf '\\n%s granted\\n%s\\n' NONCE NONCE\n";

describe("RootAccess", () => {
  it("without a password starts a shell and says nothing", async () => {
    const { runner, log } = makeRunner([]);
    await makeAccess({}).open(runner, "anyip-5he11");
    expect(log).toEqual(["open plain"]);
  });

  it("keeps the password to itself where none is needed", async () => {
    const { runner, log } = makeRunner([granted], [], []);
    const access = makeAccess();
    await access.open(runner, "anyip-5he11");
    await access.open(runner, "anyip-5he11");
    expect(log).toEqual(["open trial", "read", "close", "open plain", "open plain"]);
  });

  it("gives the password to a prompt alone, tries it once for all shells, and probes each of them", async () => {
    const { runner, log } = makeRunner([prompt, exit(0)], [prompt, granted], [prompt, granted]);
    const access = makeAccess();
    await access.open(runner, "anyip-5he11");
    const shell = ["open asking", "read", `write ${privilegePassword}\n${probe}`, "read"];
    const trial = ["open trial", "read", `write ${privilegePassword}\n`, "end", "read", "close"];
    expect(log).toEqual([...trial, ...shell]);
    await access.open(runner, "anyip-5he11");
    expect(log).toEqual([...trial, ...shell, ...shell]);
  });

  it.each<[string, Script, RegExp]>([
    ["asks again", [prompt, `Sorry, try again.\n${prompt}`], /did not take connection\.privilegePassword/],
    ["has had enough", [prompt, `sudo: 1 incorrect password attempt\n${exit(1)}`], /did not take connection/],
    ["refuses", [prompt, `operator is not in the sudoers file.\n${exit(1)}`], /does not let it become root/],
    ["refuses unasked", [`sudo: sorry, you must have a tty to run sudo\n${exit(1)}`], /requiretty/],
    ["says what nobody knows", [prompt, `sudo: the moon is full\n${exit(1)}`], /it said .*the moon is full/],
  ])("fails where sudo %s, for all shells and for good", async (_what, script, message) => {
    const { runner, log } = makeRunner(script);
    const access = makeAccess();
    const outcomes = await Promise.allSettled([
      access.open(runner, "anyip-5he11"),
      access.open(runner, "anyip-5he11"),
    ]);
    outcomes.push(...(await Promise.allSettled([access.open(runner, "anyip-5he11")])));
    for (const outcome of outcomes) {
      const reason = { code: "NO_PRIVILEGE", message: expect.stringMatching(message) };
      expect(outcome).toMatchObject({ status: "rejected", reason });
    }
    expect(log.filter((entry) => entry.startsWith("open"))).toEqual(["open trial"]);
    expect(log.filter((entry) => entry.startsWith("write")).length).toBeLessThanOrEqual(1);
    expect(log.at(-1)).toBe("close");
  });

  it("tries again after a lost connection", async () => {
    const { runner } = makeRunner([lost()], [granted], []);
    const access = makeAccess();
    await expect(access.open(runner, "anyip-5he11")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    await access.open(runner, "anyip-5he11");
  });

  it("hands out no shell that asks again instead of answering", async () => {
    const { runner, log } = makeRunner([prompt, exit(0)], [prompt, prompt]);
    await expect(makeAccess().open(runner, "anyip-5he11")).rejects.toMatchObject({ code: "NO_PRIVILEGE" });
    expect(log.at(-1)).toBe("close");
  });
});
