// What a host says of itself: the answers that mean something, among lines that do not.
import { describe, expect, it } from "vitest";
import { formatFactsScript, parseFacts } from "../../../provider/inspect/host-facts";

const routes = "@routes ipv4\n@exit 0\n@routes ipv6\n@exit 0\n";

describe("parseFacts", () => {
  it("reads a host where all is there", () => {
    const text = [
      "@root sudo ",
      "@ip ip utility, iproute2-6.1.0, libbpf 1.1.2",
      "@flock",
      "/proc/sys/net/ipv6/conf/lo/disable_ipv6:1",
      "/proc/sys/net/ipv6/conf/wlan0/disable_ipv6:1",
      "@pending undo",
      "@locked",
      "@routes ipv4",
      "2 192.0.2.0/25 dev lo table 255 scope 254 ",
      "@exit 0",
      "@routes ipv6",
      "2 2001:db8:1::/64 dev lo table 100 scope 0 metric 1024 pref medium",
      "@exit 0",
      "",
    ].join("\n");
    expect(parseFacts(text)).toEqual({
      root: "sudo",
      ipVersion: "ip utility, iproute2-6.1.0, libbpf 1.1.2",
      hasFlock: true,
      settings: { loDisabled: 1 },
      pending: ["undo"],
      isLocked: true,
      ownRoutes: [
        {
          family: "ipv4",
          prefix: "192.0.2.0/25",
          table: 255,
          metric: 0,
          type: 2,
          protocol: 177,
          device: "lo",
        },
        {
          family: "ipv6",
          prefix: "2001:db8:1::/64",
          table: 100,
          metric: 1024,
          type: 2,
          protocol: 177,
          device: "lo",
        },
      ],
    });
  });

  it.each([
    ["@root  \n", "login"],
    ["@root sudo \n", "sudo"],
    ["@root  doas\n", "doas"],
  ])("reads who gave the rights from %j", (text, root) => {
    expect(parseFacts(text + routes).root).toBe(root);
  });

  it.each([
    ["", undefined],
    ["@ip BusyBox v1.35.0 multi-call binary.\n", "BusyBox v1.35.0 multi-call binary."],
    ["@ip Usage: ip [OPTIONS]\n", "unknown"],
  ])("reads ip's version from %j", (text, version) => {
    expect(parseFacts(text + routes).ipVersion).toBe(version);
  });

  it.each([
    ["nothing", ""],
    ["a failure", "@routes ipv4\n@exit 0\n@routes ipv6\nError\n@exit 1\n"],
    ["a failure of the first", "@routes ipv4\nError\n@exit 1\n@routes ipv6\n@exit 0\n"],
  ])("takes %s for no listing", (_, text) => {
    expect(parseFacts(text).ownRoutes).toBeUndefined();
  });
});

describe("formatFactsScript", () => {
  it("is one function that its last line calls", () => {
    expect(formatFactsScript("end")).toMatch(/^anyip_facts\(\) \{\n[\s\S]*\n\}\nanyip_facts <\/dev\/null\n$/);
  });
});
