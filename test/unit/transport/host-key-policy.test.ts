// Which host keys are accepted, under each policy, and what is said when one is not.

import { describe, expect, it } from "vitest";
import type { HopSpec, HostKeyPolicy } from "../../../provider/connection/spec";
import { fingerprintHostKey, formatHostKey } from "../../../provider/transport/host-key";
import {
  judgeHostKey,
  listAcceptableTypes,
  parseHostKeyPin,
} from "../../../provider/transport/host-key-policy";
import { lookUpKnownHost, parseKnownHosts } from "../../../provider/transport/known-hosts";
import { makeHostKey } from "./make-host-key";

const PRESENTED = makeHostKey("ssh-ed25519", 1);
const OTHER = makeHostKey("ssh-ed25519", 2);
const RSA = makeHostKey("ssh-rsa", 3);
const line = (key = PRESENTED): string => `host.example ${formatHostKey(key)}`;

const hop: HopSpec = {
  host: "host.example",
  port: 22,
  user: "root",
  dialErrorLimit: 1,
  perDialTimeoutSeconds: 1,
};

function makeRules(policy: HostKeyPolicy, text: string, pin?: string) {
  const known = lookUpKnownHost([parseKnownHosts("/known", text)], hop.host, hop.port);
  return {
    hop,
    property: "connection",
    policy,
    pin: pin === undefined ? undefined : parseHostKeyPin(pin),
    known,
  };
}

type Outcome = "accepted" | "HOST_KEY_UNKNOWN" | "HOST_KEY_MISMATCH";

describe("judgeHostKey", () => {
  it.each<[what: string, text: string, pin: string | undefined, Outcome, Outcome, Outcome]>([
    ["known", line(), undefined, "accepted", "accepted", "accepted"],
    ["one of several", `${line(RSA)}\n${line()}`, undefined, "accepted", "accepted", "accepted"],
    ["unknown", "", undefined, "HOST_KEY_UNKNOWN", "accepted", "accepted"],
    ["changed", line(OTHER), undefined, "HOST_KEY_MISMATCH", "HOST_KEY_MISMATCH", "accepted"],
    ["another type is known", line(RSA), undefined, "HOST_KEY_MISMATCH", "HOST_KEY_MISMATCH", "accepted"],
    [
      "revoked",
      `@revoked * ${formatHostKey(PRESENTED)}`,
      undefined,
      "HOST_KEY_MISMATCH",
      "HOST_KEY_MISMATCH",
      "accepted",
    ],
    [
      "known and revoked",
      `${line()}\n@revoked ${line()}`,
      undefined,
      "HOST_KEY_MISMATCH",
      "HOST_KEY_MISMATCH",
      "accepted",
    ],
    ["another is revoked", `@revoked ${line(OTHER)}`, undefined, "HOST_KEY_UNKNOWN", "accepted", "accepted"],
    [
      "authority alone",
      `@cert-authority ${line(OTHER)}`,
      undefined,
      "HOST_KEY_UNKNOWN",
      "HOST_KEY_UNKNOWN",
      "accepted",
    ],
    [
      "authority and known",
      `@cert-authority ${line(OTHER)}\n${line()}`,
      undefined,
      "accepted",
      "accepted",
      "accepted",
    ],
    ["pinned", "", formatHostKey(PRESENTED), "accepted", "accepted", "accepted"],
    ["pinned by fingerprint", "", fingerprintHostKey(PRESENTED), "accepted", "accepted", "accepted"],
    [
      "pinned, known_hosts differs",
      line(OTHER),
      `${formatHostKey(PRESENTED)} x`,
      "accepted",
      "accepted",
      "accepted",
    ],
    [
      "pin differs",
      line(),
      formatHostKey(OTHER),
      "HOST_KEY_MISMATCH",
      "HOST_KEY_MISMATCH",
      "HOST_KEY_MISMATCH",
    ],
    [
      "pin differs by fingerprint",
      line(),
      fingerprintHostKey(OTHER),
      "HOST_KEY_MISMATCH",
      "HOST_KEY_MISMATCH",
      "HOST_KEY_MISMATCH",
    ],
  ])("%s", (_what, text, pin, strict, acceptNew, insecure) => {
    const judge = (policy: HostKeyPolicy): string =>
      judgeHostKey(makeRules(policy, text, pin), PRESENTED)?.code ?? "accepted";
    expect([judge("strict"), judge("acceptNew"), judge("insecure")]).toEqual([strict, acceptNew, insecure]);
  });

  it("tells both fingerprints and the place of the one that was expected", () => {
    const error = judgeHostKey(makeRules("strict", `# x\n${line(OTHER)}`), PRESENTED);
    expect(error?.message).toContain(fingerprintHostKey(PRESENTED));
    expect(error?.message).toContain(fingerprintHostKey(OTHER));
    expect(error?.message).toContain("/known:2");
    expect(error?.retryable).toBe(false);
  });

  it("tells the ways out of an unknown key", () => {
    const message = judgeHostKey(makeRules("strict", ""), PRESENTED)?.message;
    for (const part of [
      "root@host.example:22",
      "/known",
      "connection.hostKey",
      "acceptNew",
      formatHostKey(PRESENTED),
    ]) {
      expect(message).toContain(part);
    }
  });
});

it("names lines that could not be read where a host is not known", () => {
  const message = judgeHostKey(makeRules("strict", `# x\nhost.example ssh-ed25519 AAAA`), PRESENTED)?.message;
  expect(message).toContain("not understood: /known:2");
});

describe("parseHostKeyPin", () => {
  it.each(["", "nonsense", "SHA256:short", "MD5:aa:bb", "ssh-ed25519", "ssh-ed25519 AAAA", `a\n${line()}`])(
    "refuses %j",
    (text) => {
      expect(parseHostKeyPin(text)).toBeUndefined();
    },
  );
});

it("asks for the types that can be accepted", () => {
  expect(listAcceptableTypes(makeRules("strict", `${line(RSA)}\n@revoked ${line()}`))).toEqual(
    new Set(["ssh-rsa"]),
  );
  expect(listAcceptableTypes(makeRules("strict", line(), formatHostKey(RSA)))).toEqual(new Set(["ssh-rsa"]));
});
