// In which order a host is offered what one has.
import { describe, expect, it } from "vitest";
import type { LoginMethod } from "../../../provider/transport/credentials";
import { LoginPlan } from "../../../provider/transport/login-plan";

type Method = LoginMethod<string>;
const key: Method = { kind: "key", property: "connection.privateKeyPath", key: "k" };
const agent: Method = { kind: "agent", property: "connection.agentSocketPath", socketPath: "/agent" };
const password: Method = { kind: "password", property: "connection.password", password: "p" };

describe("a login", () => {
  it("begins with a key, which shows no secret", () => {
    const plan = new LoginPlan([key, password]);
    expect(plan.chooseNext(undefined)).toEqual(key);
    expect(plan.chooseNext(["password"])).toEqual(password);
    expect(plan.chooseNext(["password"])).toBeUndefined();
    expect(plan.tried).toEqual(["key (connection.privateKeyPath)", "password (connection.password)"]);
  });

  it.each([
    ["an agent's keys, which may be too many", agent],
    ["a password", password],
  ])("asks what the host accepts before it sends %s", (_what, method) => {
    const plan = new LoginPlan([method]);
    expect(plan.chooseNext(undefined)).toEqual({ kind: "none" });
    expect(plan.offered).toEqual([]);
    expect(plan.chooseNext(["hostbased"])).toBeUndefined();
    expect(plan.offered).toEqual(["hostbased"]);
  });

  it("keeps what the host does not accept yet: after one factor it may", () => {
    const plan = new LoginPlan([key, password, agent]);
    expect(plan.chooseNext(undefined)).toEqual(key);
    expect(plan.chooseNext(["publickey"])).toEqual(agent);
    expect(plan.chooseNext(["keyboard-interactive"])).toEqual({ kind: "keyboard", password: "p" });
  });
});
