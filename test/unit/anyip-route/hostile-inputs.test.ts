// Text that means something to a shell, a terminal or a reader: it is refused, or it stays away from every script.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkInputs } from "../../../provider/anyip-route/inputs";
import { formatStep } from "../../../provider/host/iproute2";
import { fullInputs, pinnedKey, requireDesired, validInputs, valueAt, withValue } from "./valid-inputs";

const fragments = [
  ...[";", "|", "&", "<", ">", "'", '"', "`id`", "$(reboot)", "$IFS", "*", "?", "(", ")", "{", "}", "#", "!"],
  ...["\n", "\r", "\t", "\0", "\u001b[31m", "\u007f", "\u202e", "\u2066", "\u200f", "\ufeff", "\u2028"],
  ...["\nroute del local 192.0.2.1\n", "STEPS\n", " dev eth0"],
];

/** Never part of a script: how to log in, and which resource it is. NUL and line ends have no place there either. */
const secrets = [
  "connection.password",
  "connection.privateKeyPassword",
  "connection.privilegePassword",
  "connection.proxy.password",
];
const freeText = [
  "owner",
  "connection.privateKeyPath",
  "connection.agentSocketPath",
  "connection.knownHosts",
  "connection.proxy.privateKeyPath",
];
const grammarText = [
  "prefix",
  "device",
  "table",
  "source",
  "onExisting",
  "connection.host",
  "connection.user",
  "connection.hostKey",
  "connection.hostKeyPolicy",
  "connection.proxy.host",
  "connection.proxy.user",
  "connection.proxy.hostKey",
];
const lineOf = (inputs: typeof fullInputs) =>
  formatStep({ kind: "add", route: requireDesired(inputs).route });
const expectedLine = lineOf(fullInputs);

const anyHostile = (paths: string[]) =>
  fc
    .tuple(fc.constantFrom(...paths), fc.constantFrom(...fragments), fc.nat())
    .map(([path, fragment, place]) => {
      const valid = String(valueAt(fullInputs, path));
      const at = place % (valid.length + 1);
      return { path, fragment, value: valid.slice(0, at) + fragment + valid.slice(at) };
    });

describe("hostile text", () => {
  it("is refused by name in every property that has a grammar", () => {
    const paths = grammarText;
    fc.assert(
      fc.property(anyHostile(paths), ({ path, fragment, value }) => {
        // A second word after a public key is its comment.
        fc.pre(!(path.endsWith("hostKey") && fragment === " dev eth0"));
        const { failures, desired } = checkInputs(withValue(fullInputs, path, value));
        expect(failures.map(({ property }) => property)).toContain(path);
        expect(desired).toBeUndefined();
      }),
      { numRuns: 4000 },
    );
  });

  it("in free text is refused by name, or never reaches a line of a script", () => {
    fc.assert(
      fc.property(anyHostile([...freeText, ...secrets]), ({ path, value }) => {
        const inputs = withValue(fullInputs, path, value);
        const { failures, desired } = checkInputs(inputs);
        if (desired) expect(lineOf(inputs)).toBe(expectedLine);
        else expect(failures.map(({ property }) => property)).toEqual([path]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([...freeText, ...secrets, ...grammarText])("NUL is refused everywhere: %s", (path) => {
    const { failures } = checkInputs(withValue(fullInputs, path, `${String(valueAt(fullInputs, path))}\0`));
    expect(failures.map(({ property }) => property)).toEqual([path]);
  });

  it.each(["\0", "\u001b[2J", "\u202e", "\u007f"])(
    "%j is refused in the comment of a host key",
    (fragment) => {
      const inputs = withValue(validInputs, "connection.hostKey", `${pinnedKey} root@${fragment}web1`);
      expect(checkInputs(inputs).failures.map(({ property }) => property)).toEqual(["connection.hostKey"]);
    },
  );

  it.each([...freeText, ...secrets, ...grammarText])("a text of a megabyte is refused: %s", (path) => {
    const { failures } = checkInputs(withValue(fullInputs, path, "a".repeat(1_000_000)));
    expect(failures.map(({ property }) => property)).toContain(path);
    for (const { reason } of failures) expect(reason.length).toBeLessThan(500);
  });

  it("a path of a megabyte is refused in a list, too", () => {
    const inputs = withValue(validInputs, "connection.knownHosts", ["/a", `/${"a".repeat(1_000_000)}`]);
    expect(checkInputs(inputs).failures.map(({ property }) => property)).toEqual(["connection.knownHosts"]);
  });
});

describe("a secret", () => {
  const names = ["password", "privateKey", "privateKeyPassword", "privilegePassword"];
  const paths = [
    ...names.map((name) => `connection.${name}`),
    ...names.map((name) => `connection.proxy.${name}`),
  ];
  const marker = "hunter2-marker";
  const values: [string, unknown][] = [
    ["with a NUL", `${marker}\0`],
    ["far too long", marker.repeat(10_000)],
    ["in a list", [marker]],
    ["in an object", { value: marker }],
    ["fine in itself", marker],
  ];

  it.each(paths.flatMap((path) => values.map(([what, value]) => ({ path, what, value }))))(
    "never shows in a failure: $path $what",
    ({ path, value }) => {
      const wrong = { ...withValue(fullInputs, path, value), prefix: "x", bogus: marker };
      const withConflicts = withValue(wrong, "connection.hostKeyPolicy", "insecure");
      const { failures } = checkInputs(withConflicts);
      expect(failures.length).toBeGreaterThan(1);
      for (const { property, reason } of failures) {
        expect(reason).not.toContain(marker);
        // The engine prints the value of a top-level property beside the reason.
        if (property !== "prefix" && property !== "bogus") expect(property).toMatch(/^connection\./);
      }
    },
  );
});
