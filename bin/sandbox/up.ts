// `pulumi-anyip sandbox up`: makes a sandbox that stays.

import { createSandbox } from "../../sandbox";
import { MAX_HOSTS } from "../../sandbox/addresses";
import { FLAVOURS } from "../../sandbox/flavours/all";
import type { FlavourName } from "../../sandbox/host-record";
import { type Command, readArguments, UsageError } from "../command";
import { describeSandbox, formatNextSteps } from "./describe";

export const upCommand: Command = {
  summary: "make a sandbox and say how to use it",
  help: `Usage: pulumi-anyip sandbox up [NAME] [--hosts N] [--flavour FLAVOUR] [--json]

Makes the sandbox NAME (default: default) with the hosts web1, web2, …

  --hosts N        how many (default 1, at most ${MAX_HOSTS})
  --flavour root   one logs in as root (default)
  --flavour sudo   one logs in as operator, who may use sudo without a password
      sudo-entry     likewise, but only for what the provider runs
      sudo-password  likewise, but only with a password
      doas           one logs in as operator, who may use doas (package opendoas) for what the provider runs
  --json           print what a program needs to use it, instead of text
`,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      { hosts: { type: "string" }, flavour: { type: "string" }, json: { type: "boolean" } },
      1,
    );
    const count = readHostCount(values.hosts ?? "1");
    const flavour = values.flavour ?? "root";
    if (!isFlavourName(flavour)) {
      const known = Object.keys(FLAVOURS).join(", ");
      throw new UsageError(`--flavour ${JSON.stringify(flavour)} isn't known; there are ${known}`);
    }
    const started = Date.now();
    const sandbox = await createSandbox({
      name: positionals[0] ?? "default",
      owner: "person",
      hosts: Array.from({ length: count }, (_, index) => ({ name: `web${index + 1}`, flavour })),
    });
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    const heading = `Sandbox ${sandbox.name}: ${count} host${count === 1 ? "" : "s"} in ${seconds} s.\n\n`;
    process.stdout.write(
      values.json
        ? `${JSON.stringify(describeSandbox(sandbox), null, 2)}\n`
        : heading + formatNextSteps(sandbox),
    );
    return 0;
  },
};

function isFlavourName(text: string): text is FlavourName {
  return Object.hasOwn(FLAVOURS, text);
}

function readHostCount(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_HOSTS) return count;
  throw new UsageError(`--hosts ${JSON.stringify(text)} can't be; a number from 1 to ${MAX_HOSTS} is right`);
}
