// Chooses the next login method from what the host still accepts, and remembers what was tried. Pure.

import type { LoginMethod } from "./credentials";

/** What to try next; `none` asks the host what it accepts. */
export type LoginStep<Key> =
  | { readonly kind: "none" }
  | Extract<LoginMethod<Key>, { kind: "key" | "agent" | "password" }>
  | { readonly kind: "keyboard"; readonly password: string };

export class LoginPlan<Key> {
  /** As a message names them, such as `key (connection.privateKeyPath)`. */
  readonly tried: string[] = [];
  /** What the host said it accepts, the last time it did. */
  offered: readonly string[] = [];
  private asked = false;
  private readonly left: LoginMethod<Key>[];

  constructor(methods: readonly LoginMethod<Key>[]) {
    this.left = [...methods];
  }

  /**
   * `offered` is `undefined` before the host has said what it accepts. No secret is sent before it has, and no agent's keys, which
   * may be more than a host lets one try. A key comes first: it shows its public half, and saves the question a round trip.
   */
  chooseNext(offered: readonly string[] | undefined): LoginStep<Key> | undefined {
    const isFirst = !this.asked;
    this.asked = true;
    if (isFirst && this.left[0]?.kind !== "key") return { kind: "none" };
    this.offered = offered ?? this.offered;
    // What does not fit now stays: after one factor the host may ask for another.
    const index = isFirst ? 0 : this.left.findIndex((method) => this.accepts(method));
    const method = this.left[index];
    if (method === undefined) return undefined;
    this.left.splice(index, 1);
    if (method.kind === "password" && !this.offered.includes("password")) {
      this.tried.push(`keyboard-interactive (${method.property})`);
      return { kind: "keyboard", password: method.password };
    }
    this.tried.push(`${method.kind} (${method.property})`);
    return method;
  }

  private accepts(method: LoginMethod<Key>): boolean {
    if (method.kind !== "password") return this.offered.includes("publickey");
    return this.offered.includes("password") || this.offered.includes("keyboard-interactive");
  }
}

/**
 * Answers keyboard-interactive prompts with the password, once, and only a single prompt that hides what is
 * typed: anything else asks for something that the password is not.
 */
export function createPromptAnswerer(
  password: string,
): (prompts: readonly { readonly echo?: boolean }[]) => string[] {
  let answered = false;
  return (prompts) => {
    if (answered || prompts.length !== 1 || prompts[0]?.echo !== false) return [];
    answered = true;
    return [password];
  };
}
