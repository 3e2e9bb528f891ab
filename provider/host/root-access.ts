// Opens channels to root shells on one host, with sudo's password where it asks for one. The password goes to nothing
// but a prompt that was seen, and a script only to a shell that has answered.
import { AnyIPError } from "../errors";
import type { CommandChannel, CommandRunner } from "../transport/command-runner";
import { explainSilentShell } from "./explain";
import { explainRights, wrongPassword } from "./explain-rights";
import { makeNonce } from "./nonce";
import {
  formatPasswordShellCommand,
  formatPasswordTrial,
  formatRootShellCommand,
  formatShellProbe,
  type Privilege,
} from "./root-command";

/** How a login gets root's rights. */
export interface RootRights {
  readonly privilege: Privilege;
  /** What sudo asks for, if it asks. */
  readonly privilegePassword?: string;
}

/** A root shell, and what was printed before it was there. */
export interface OpenedShell {
  readonly channel: CommandChannel;
  readonly greeting: string;
}

interface Answer {
  /** What sudo and the login shell have printed. */
  readonly text: string;
  /** `granted`, `exit CODE`; undefined when sudo asks for a password. */
  readonly word: string | undefined;
}

/** A login shell may print this much before it runs what it was asked to run. */
const maxChatterBytes = 1024 * 1024;

export class RootAccess {
  private passwordNeed: Promise<boolean> | undefined;

  constructor(
    /** How messages name the host. */
    private readonly label: string,
    private readonly rights: RootRights,
    private readonly timeoutMs: number,
  ) {}

  /**
   * Starts a root shell, whose nonce marks what is said before it is there. Without a password it may yet turn out to be
   * refused, which its end says.
   *
   * @throws AnyIPError NO_PRIVILEGE, and the channel's codes
   */
  async open(runner: CommandRunner, shellNonce: string): Promise<OpenedShell> {
    const { privilege, privilegePassword: password } = this.rights;
    if (password === undefined || !(await this.needsPassword(runner, password))) {
      return { channel: await runner.open(formatRootShellCommand(privilege, shellNonce)), greeting: "" };
    }
    return await this.openWithPassword(runner, password, shellNonce);
  }

  /** Asked once for all shells: a password that was refused is never tried again, or the account would be locked. */
  private needsPassword(runner: CommandRunner, password: string): Promise<boolean> {
    this.passwordNeed ??= this.tryPassword(runner, password).catch((error: unknown) => {
      const isRefused = error instanceof AnyIPError && error.code === "NO_PRIVILEGE";
      if (!isRefused) this.passwordNeed = undefined;
      throw error;
    });
    return this.passwordNeed;
  }

  private async tryPassword(runner: CommandRunner, password: string): Promise<boolean> {
    const nonce = makeNonce();
    const channel = await runner.open(formatPasswordTrial(nonce));
    try {
      const first = await this.readAnswer(channel, nonce);
      if (first.word === "granted") return false;
      if (first.word !== undefined) throw this.refused(first.text);
      channel.write(`${password}\n`);
      channel.end();
      const second = await this.readAnswer(channel, nonce);
      if (second.word === undefined) throw this.noPrivilege(wrongPassword);
      if (second.word !== "exit 0") throw this.refused(second.text);
      return true;
    } finally {
      channel.close();
    }
  }

  private async openWithPassword(
    runner: CommandRunner,
    password: string,
    shellNonce: string,
  ): Promise<OpenedShell> {
    const nonce = makeNonce();
    const channel = await runner.open(formatPasswordShellCommand(nonce, shellNonce));
    try {
      const { text: greeting } = await this.readAnswer(channel, nonce);
      channel.write(`${password}\n${formatShellProbe(nonce)}`);
      const { word } = await this.readAnswer(channel, nonce);
      if (word === undefined) throw this.noPrivilege(wrongPassword);
      return { channel, greeting };
    } catch (error) {
      channel.close();
      throw error;
    }
  }

  private async readAnswer(channel: CommandChannel, nonce: string): Promise<Answer> {
    try {
      const text = await channel.readUntilLine(nonce, this.timeoutMs, maxChatterBytes);
      return { text, word: new RegExp(`^${nonce} (.*)$`, "m").exec(text)?.[1] };
    } catch (error) {
      throw explainSilentShell(this.label, error);
    }
  }

  private refused(output: string): AnyIPError {
    const said = output.trim().slice(-300);
    const why =
      explainRights(output)?.why ?? `sudo refused to run \`/bin/sh -s\`; it said ${JSON.stringify(said)}`;
    return this.noPrivilege(why, said);
  }

  private noPrivilege(why: string, output?: string): AnyIPError {
    const facts = { host: this.label, ...(output ? { output } : {}) };
    return new AnyIPError("NO_PRIVILEGE", `${this.label}: the login is not root, and ${why}`, { facts });
  }
}
