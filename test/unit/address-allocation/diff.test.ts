// What a change of each property of an AddressAllocation means: another choice, an update in place, or nothing.
import { describe, expect, it } from "vitest";
import { isPrefixProblem, parsePrefix } from "../../../net/prefix";
import { diffAllocation } from "../../../provider/address-allocation/diff";
import { checkInputs } from "../../../provider/address-allocation/inputs";
import { decodeState, encodeState } from "../../../provider/address-allocation/state";
import type { RawInputs } from "../../../provider/check/raw-inputs";
import type { StateExtras } from "../../../provider/managed-route/recorded";
import { validInputs } from "./valid-inputs";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const canonical = (inputs: RawInputs) => checkInputs(inputs).inputs;
function outputsOf(
  inputs: RawInputs,
  extras: Partial<StateExtras> = {},
  text = "2001:db8:100::5/128",
): RawInputs {
  const prefix = parsePrefix(text);
  if (isPrefixProblem(prefix)) throw new Error(prefix.problem);
  const key = typeof inputs.key === "string" ? inputs.key : "shop.example";
  return encodeState(
    canonical(inputs),
    { prefix, key },
    { origin: "created", persistence: "systemd", ...extras },
  );
}
const diff = (outputs: RawInputs, news: RawInputs) => {
  const { changes, replaces } = diffAllocation(outputs, canonical(news));
  return { changes, replaces: [...replaces].sort() };
};
const nothing = { changes: false, replaces: [] };
const inPlace = { changes: true, replaces: [] };
const replaced = (...names: string[]) => ({ changes: true, replaces: names });

describe("diffAllocation", () => {
  it.each<[string, unknown, object]>([
    ["pool", "2001:DB8:100:0::/64", nothing],
    ["pool", "2001:db8:100::/63", inPlace],
    ["pool", "2001:db8:100::/120", inPlace],
    ["pool", "2001:db8:200::/64", replaced("pool")],
    ["key", "shop.example", nothing],
    ["key", "blog.example", replaced("key")],
    ["prefixLength", 128, inPlace],
    ["prefixLength", 120, replaced("prefixLength")],
    ["request", "2001:db8:100::5", inPlace],
    ["request", "2001:db8:100::6", replaced("request")],
    ["strategy", "random", inPlace],
    ["secret", "s", inPlace],
    ["onCollision", "fail", inPlace],
    ["exclude", ["2001:db8:100::5"], inPlace],
    ["includeReserved", true, inPlace],
    ["quarantine", "24h", inPlace],
    ["table", 100, replaced("table")],
    ["metric", 50, replaced("metric")],
    ["device", "eth0", inPlace],
    ["protocol", 99, inPlace],
    ["persist", "none", inPlace],
    ["owner", "shop/dev/renamed", inPlace],
    ["connection", { host: "web2.example" }, replaced("connection")],
    ["connection", { host: "web1.example", port: 2222 }, inPlace],
  ])("%s → %j", (name, value, answer) => {
    expect(diff(outputsOf(validInputs), { ...validInputs, [name]: value })).toEqual(answer);
  });

  it("sees no change where there is none, nor in a key that is no longer said", () => {
    expect(diff(outputsOf(validInputs), validInputs)).toEqual(nothing);
    expect(diff(outputsOf({ ...validInputs, key: "a" }), validInputs)).toEqual(nothing);
    const old = outputsOf({ ...validInputs, owner: "shop/dev/old" });
    expect(diff(old, { ...validInputs, owner: "shop/dev/new" })).toEqual(inPlace);
  });

  it.each(["pool", "key", "request", "table", "metric", "prefixLength"])(
    "counts as replaced what is not known yet: %s",
    (name) => {
      expect(diff(outputsOf(validInputs), { ...validInputs, [name]: unknown })).toEqual(replaced(name));
    },
  );

  it.each(["exclude", "secret", "quarantine"])("updates in place what is not known yet: %s", (name) => {
    expect(diff(outputsOf(validInputs), { ...validInputs, [name]: unknown })).toEqual(inPlace);
  });

  it("repairs what was found to differ", () => {
    expect(diff(outputsOf(validInputs, { found: { route: "missing" } }), validInputs)).toEqual(inPlace);
  });
});

// As the engine recorded them. Never edit these: add to them.
const recordedStates = {
  "the least there can be": `{"connection":"{\\"host\\":\\"web1.example\\"}","pool":"2001:db8:100::/64","owner":"shop/dev/shop.example","key":"shop.example","prefix":"2001:db8:100::5/128"}`,
  "a block, for a key of its own": `{"connection":{"host":"web1.example"},"pool":"192.0.2.0/24","prefixLength":28,"strategy":"random","key":"a b","exclude":["192.0.2.1-192.0.2.9"],"includeReserved":true,"quarantine":"7d","owner":"shop/dev/x","prefix":"192.0.2.32/28","machineId":"-","persistence":"openrc"}`,
};

describe("decodeState of version 1", () => {
  it("the least there can be", () => {
    const state = decodeState(JSON.parse(recordedStates["the least there can be"]));
    expect(state).toMatchObject({
      origin: "created",
      choice: { key: "shop.example", length: 128 },
      found: {},
    });
    expect(state.actual.prefix).toBe("2001:db8:100::5/128");
  });

  it("a block, for a key of its own", () => {
    const state = decodeState(JSON.parse(recordedStates["a block, for a key of its own"]));
    expect(state).toMatchObject({
      persistence: "openrc",
      choice: {
        key: "a b",
        length: 28,
        strategy: "random",
        quarantineSeconds: 604_800,
        includeReserved: true,
      },
    });
    expect(state.route.prefix).toBe("192.0.2.32/28");
  });

  it.each<[string, unknown]>([
    ["prefix", undefined],
    ["prefix", "2001:db8:100::5"],
    ["prefix", "2001:DB8:100::5/128"],
    ["pool", "nonsense"],
    ["key", "a\nb"],
    ["stateVersion", 2],
  ])("refuses %s %j", (name, value) => {
    const state = { ...JSON.parse(recordedStates["the least there can be"]), [name]: value };
    expect(() => decodeState(state)).toThrow(expect.objectContaining({ code: "STATE_UNREADABLE" }));
  });
});
