// Recorded states: those of version 1 must be readable for ever, nonsense must be refused.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeState, encodeState, extractInputs } from "../../../provider/anyip-route/state";
import type { LocalRoute } from "../../../provider/host/route";
import { compareRoute } from "../../../provider/managed-route/recorded";
import { anyRoute } from "../host/any-route";
import { fullInputs, validInputs } from "./valid-inputs";

// As the engine recorded them. Never edit these: add to them.
const recordedStates = {
  "the least there can be": `{"connection":"{\\"host\\":\\"web1.example\\"}","prefix":"2001:db8:100::/64","owner":"shop/dev/web"}`,
  "everything given": `{"connection":{"host":"2001:db8::5","user":"admin","port":2222,"password":"p","hostKey":"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","hostKeyPolicy":"strict","knownHosts":["/k"],"dialErrorLimit":1,"perDialTimeout":5,"commandTimeout":30,"proxy":[{"host":"jump.example","privateKeyPath":"/key"}]},"prefix":"192.0.2.0/24","device":"eth0","table":"main","metric":7,"protocol":99,"source":"198.51.100.1","onExisting":"takeOver","verify":false,"owner":"shop/dev/web","__provider":"exports.handler=()=>require(\\"pulumi-anyip/provider\\").anyIPRoute"}`,
  "adopted with the protocol it was found with": `{"connection":{"host":"web1.example"},"prefix":"192.0.2.0/24","owner":"shop/dev/web","origin":"adopted","found":{"protocol":4}}`,
  "altered by hand, key accepted": `{"connection":{"host":"web1.example","hostKeyPolicy":"acceptNew"},"prefix":"2001:db8:100::/64","table":100,"source":"2001:db8::1","owner":"shop/dev/web","found":{"device":"eth0","metric":50,"protocol":3,"source":""},"acceptedHostKey":"ssh-ed25519 AAAA"}`,
};
const decode = (name: keyof typeof recordedStates) => decodeState(JSON.parse(recordedStates[name]));

describe("decodeState of version 1", () => {
  it("the least there can be", () => {
    const state = decode("the least there can be");
    const route = {
      family: "ipv6",
      prefix: "2001:db8:100::/64",
      device: "lo",
      table: 255,
      metric: 1024,
      protocol: 177,
    };
    expect(state).toMatchObject({
      origin: "created",
      owner: "shop/dev/web",
      onExisting: "adopt",
      verify: true,
      onHostGone: "fail",
      found: {},
    });
    expect(state.route).toEqual(route);
    expect(state.actual).toEqual(route);
    expect(state.connection).toMatchObject({ host: "web1.example", user: "root", port: 22 });
  });

  it("everything given", () => {
    const state = decode("everything given");
    expect(state).toMatchObject({
      origin: "created",
      onExisting: "takeOver",
      verify: false,
      onHostGone: "fail",
      wantsProtocol: true,
    });
    expect(state.actual).toEqual({
      family: "ipv4",
      prefix: "192.0.2.0/24",
      device: "eth0",
      table: 254,
      metric: 7,
      protocol: 99,
      source: "198.51.100.1",
    });
    expect(state.connection.proxies).toMatchObject([{ host: "jump.example", privateKeyPath: "/key" }]);
  });

  it("adopted with the protocol it was found with", () => {
    const state = decode("adopted with the protocol it was found with");
    expect(state).toMatchObject({
      origin: "adopted",
      route: { protocol: 177 },
      actual: { protocol: 4, metric: 0 },
    });
  });

  it("altered by hand, key accepted", () => {
    const state = decode("altered by hand, key accepted");
    expect(state.acceptedHostKey).toBe("ssh-ed25519 AAAA");
    expect(state.route.source).toBe("2001:db8::1");
    expect(state.actual).toEqual({
      family: "ipv6",
      prefix: "2001:db8:100::/64",
      device: "eth0",
      table: 100,
      metric: 50,
      protocol: 3,
    });
  });
});

describe("decodeState refuses", () => {
  const good: Record<string, unknown> = JSON.parse(recordedStates["the least there can be"]);

  it.each<[string, unknown, RegExp]>([
    ["stateVersion", 2, /version 2, this pulumi-anyip reads version 1; install/],
    ["stateVersion", "1", /version 1/],
    ["prefix", "2001:db8::1/64", /prefix has host bits set/],
    ["prefix", undefined, /prefix is missing/],
    ["prefix", 7, /prefix must be a text/],
    ["connection", undefined, /connection\.host is missing/],
    ["connection", { host: "a b" }, /connection\.host must be/],
    ["connection", '{"host":"a b"}', /connection\.host must be/],
    ["connection", "web1.example", /connection\.host is missing/],
    ["connection", '"web1.example"', /connection\.host is missing/],
    ["metric", "50", /metric must be a whole number/],
    ["device", "lo; reboot", /device must be/],
    ["owner", undefined, /owner is missing/],
    ["origin", "stolen", /origin/],
    ["found", { device: "lo\nroute del default" }, /`found`/],
    ["found", { source: "192.0.2.1; reboot" }, /`found`/],
    ["found", { metric: Number.NaN }, /`found`/],
    ["found", { protocol: 256 }, /`found`/],
    ["found", { via: "192.0.2.1" }, /`found`/],
    ["found", { persistence: "gone" }, /`found`/],
    ["persistence", "cron", /persistence/],
    ["persist", "cron", /persist must be one of/],
    ["found", "lo", /`found`/],
  ])("%s %j", (name, value, words) => {
    const error = expect.objectContaining({
      code: "STATE_UNREADABLE",
      message: expect.stringMatching(words),
    });
    expect(() => decodeState({ ...good, [name]: value })).toThrow(error);
  });
});

describe("encodeState", () => {
  it.each([validInputs, fullInputs])("keeps the inputs under their names", (inputs) => {
    const outputs = encodeState(
      { ...inputs, __provider: "literal" },
      { origin: "created", persistence: "systemd" },
    );
    expect(outputs).toEqual(inputs);
    expect(extractInputs(outputs)).toEqual(inputs);
  });

  it("leaves out what says nothing, and the engine can store it", () => {
    const outputs = encodeState(validInputs, { origin: "adopted", persistence: "systemd", found: {} });
    expect(outputs).not.toHaveProperty("found");
    expect(JSON.parse(JSON.stringify(outputs))).toEqual(outputs);
  });

  it("is read back with what was found", () => {
    fc.assert(
      fc.property(anyRoute, anyRoute, (wanted, other) => {
        const { device, protocol, metric, source } = other;
        const observed: LocalRoute = {
          ...withoutSource(wanted),
          device,
          protocol,
          metric,
          ...(source && wanted.family === other.family ? { source } : {}),
        };
        const found = compareRoute(wanted, observed);
        const { family: _derived, ...given } = wanted;
        const state = decodeState(
          encodeState({ ...validInputs, ...given }, { origin: "created", persistence: "systemd", found }),
        );
        expect(state.found).toEqual(found);
        expect(state.route).toEqual(wanted);
        expect(state.actual).toEqual(observed);
      }),
    );
  });
});

function withoutSource({ source: _dropped, ...route }: LocalRoute): LocalRoute {
  return route;
}
