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
      busybox        one logs in as root on a host that has only busybox, and dropbear (packages busybox, dropbear-bin)
      systemd        one logs in as root on a Debian that systemd has booted, and \`reboot\` is real
      openrc         the same, booted by OpenRC
      ifupdown       the same, booted by sysvinit, with its network by ifupdown
  --json           print what a program needs to use it, instead of text

What boots needs the disks that \`npm run setup -- --with-debian-trees\` makes.
`,
  async run(args) {
    const { values, positionals } = readArguments(
      args,
      { hosts: { type: "string" }, flavour: { type: "string" }, json: { type: "boolean" } },
      1,
    );
    const count = readHostCount(values.hosts ?? "1");
    const flavour = readFlavour(values.flavour ?? "root");
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

function readFlavour(text: string): FlavourName {
  const names = Object.keys(FLAVOURS) as FlavourName[];
  const flavour = names.find((name) => name === text);
  if (flavour !== undefined) return flavour;
  const known = `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
  throw new UsageError(`--flavour ${JSON.stringify(text)} isn't known; ${known} is right`);
}

function readHostCount(text: string): number {
  const count = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MAX_HOSTS) return count;
  throw new UsageError(`--hosts ${JSON.stringify(text)} can't be; a number from 1 to ${MAX_HOSTS} is right`);
}
