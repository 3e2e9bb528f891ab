// What a change of each property means: a replacement, an update in place, or nothing.
import { describe, expect, it } from "vitest";
import { diffRoute } from "../../../provider/anyip-route/diff";
import { checkInputs } from "../../../provider/anyip-route/inputs";
import { encodeState } from "../../../provider/anyip-route/state";
import type { RawInputs } from "../../../provider/check/raw-inputs";
import type { StateExtras } from "../../../provider/managed-route/recorded";
import { fullInputs, validInputs, withValue } from "./valid-inputs";

const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
const canonical = (inputs: RawInputs) => checkInputs(inputs).inputs;
const outputsOf = (inputs: RawInputs, extras: Partial<StateExtras> = {}) =>
  encodeState(canonical(inputs), { origin: "created", persistence: "systemd", ...extras });
const diff = (outputs: RawInputs, news: RawInputs) => {
  const { changes, replaces } = diffRoute(outputs, canonical(news));
  return { changes, replaces: [...replaces].sort() };
};
const nothing = { changes: false, replaces: [] };
const inPlace = { changes: true, replaces: [] };
const replaced = (...names: string[]) => ({ changes: true, replaces: names });

describe("diffRoute", () => {
  it.each([validInputs, fullInputs])("sees no change where there is none", (inputs) => {
    expect(diff(outputsOf(inputs), inputs)).toEqual(nothing);
    expect(diff({ ...outputsOf(inputs), __provider: "old" }, { ...inputs, __provider: "new" })).toEqual(
      nothing,
    );
  });

  it.each<[string, unknown, object]>([
    ["prefix", "2001:db8:200::/64", replaced("prefix")],
    ["prefix", "2001:DB8:100:0::/64", nothing],
    ["table", 100, replaced("table")],
    ["table", 255, nothing],
    ["table", undefined, inPlace],
    ["metric", 50, replaced("metric")],
    ["metric", undefined, inPlace],
    ["device", "eth0", inPlace],
    ["protocol", 99, inPlace],
    ["source", "2001:db8::2", inPlace],
    ["source", undefined, inPlace],
    ["onExisting", "fail", inPlace],
    ["verify", false, inPlace],
    ["persist", "none", inPlace],
    ["persist", "auto", inPlace],
    ["onHostGone", "forget", inPlace],
    ["allowUnsafe", ["onLink"], inPlace],
    ["allowUnsafe", undefined, inPlace],
    ["allowUnsafe", ["gateway"], nothing],
    ["confirmTimeout", 5, inPlace],
    ["owner", "shop/dev/renamed", inPlace],
    ["connection.host", "web2.example", replaced("connection")],
    ["connection.port", 2222, inPlace],
    ["connection.user", "admin", inPlace],
    ["connection.password", "changed", inPlace],
    ["connection.privilege", "doas", inPlace],
    ["connection.privilegePassword", "changed", inPlace],
    ["connection.privateKeyPath", "/k2", inPlace],
    ["connection.proxy.host", "jump2.example", inPlace],
    ["connection.proxy", undefined, inPlace],
    ["connection.dialErrorLimit", 3, inPlace],
  ])("%s → %j", (path, value, answer) => {
    expect(diff(outputsOf(fullInputs), withValue(fullInputs, path, value))).toEqual(answer);
  });

  it("tells the two forms of a connection by what they say", () => {
    const asText = { ...fullInputs, connection: JSON.stringify(fullInputs.connection) };
    expect(diff(outputsOf(fullInputs), asText)).toEqual(nothing);
    expect(diff(outputsOf(asText), fullInputs)).toEqual(nothing);
    const elsewhere = withValue(fullInputs, "connection.host", "web2.example").connection;
    const moved = { ...fullInputs, connection: JSON.stringify(elsewhere) };
    expect(diff(outputsOf(asText), moved)).toEqual(replaced("connection"));
    expect(diff(outputsOf(asText), { ...moved, source: unknown })).toEqual(replaced("connection"));
    expect(diff(outputsOf(asText), { ...asText, source: unknown })).toEqual(inPlace);
  });

  it("makes the new route before the old one goes", () => {
    expect(diffRoute(outputsOf(validInputs), validInputs).deleteBeforeReplace).toBe(false);
  });

  it("replaces for a family with another default metric by its prefix", () => {
    const { replaces } = diff(outputsOf(validInputs), { ...validInputs, prefix: "192.0.2.0/24" });
    expect(replaces).toContain("prefix");
  });
});

describe("diffRoute after a refresh", () => {
  it.each<[string, Partial<StateExtras>, RawInputs, object]>([
    ["an altered device is repaired", { found: { device: "eth0" } }, {}, inPlace],
    ["an altered protocol is repaired", { found: { protocol: 3 } }, {}, inPlace],
    ["a source that appeared is repaired", { found: { source: "2001:db8::1" } }, {}, inPlace],
    ["an altered metric is another route", { found: { metric: 50 } }, {}, replaced("metric")],
    ["an adopted route keeps its protocol", { origin: "adopted", found: { protocol: 4 } }, {}, nothing],
    [
      "an adopted route gets the protocol that is asked for",
      { origin: "adopted", found: { protocol: 4 } },
      { protocol: 99 },
      inPlace,
    ],
    ["a record of another route is repaired", { found: { record: "altered" } }, {}, inPlace],
    ["what no longer restores it is repaired", { found: { persistence: "missing" } }, {}, inPlace],
    ["a pinned key is no change", { acceptedHostKey: "ssh-ed25519 AAAA" }, {}, nothing],
  ])("%s", (_what, extras, change, answer) => {
    expect(diff(outputsOf(validInputs, extras), { ...validInputs, ...change })).toEqual(answer);
  });
});

describe("diffRoute with values that are not known yet", () => {
  it.each<[string, object]>([
    ["prefix", replaced("prefix")],
    ["table", replaced("table")],
    ["metric", replaced("metric")],
    ["device", inPlace],
    ["protocol", inPlace],
    ["source", inPlace],
    ["onExisting", inPlace],
    ["allowUnsafe", inPlace],
    ["confirmTimeout", inPlace],
    ["connection", replaced("connection")],
    ["connection.host", replaced("connection")],
    ["connection.password", inPlace],
    ["connection.proxy.host", inPlace],
  ])("%s", (path, answer) => {
    expect(diff(outputsOf(fullInputs), withValue(fullInputs, path, unknown))).toEqual(answer);
  });

  it("sees a replacement by a known value beside an unknown one", () => {
    const news = { ...fullInputs, source: unknown, prefix: "2001:db8:200::/64" };
    expect(diff(outputsOf(fullInputs), news)).toEqual(replaced("prefix"));
  });

  it("sees a replacement beside a list that is known in part", () => {
    const news = { ...fullInputs, allowUnsafe: ["gateway", unknown] };
    expect(diff(outputsOf(fullInputs), news)).toEqual(inPlace);
    expect(diff(outputsOf(fullInputs), { ...news, metric: 7 })).toEqual(replaced("metric"));
  });

  it("sees another host beside an unknown value", () => {
    const news = withValue({ ...fullInputs, source: unknown }, "connection.host", "web2.example");
    expect(diff(outputsOf(fullInputs), news)).toEqual(replaced("connection"));
    const unknownPassword = withValue(
      withValue(fullInputs, "connection.host", "web2.example"),
      "connection.password",
      unknown,
    );
    expect(diff(outputsOf(fullInputs), unknownPassword)).toEqual(replaced("connection"));
  });

  it("sees a property that was taken away beside an unknown value", () => {
    const before = { ...fullInputs, metric: 50 };
    const news = { ...withValue(before, "metric", undefined), source: unknown };
    expect(diff(outputsOf(before), news)).toEqual(replaced("metric"));
  });
});
