// The story: what is shown, in which order, and why. Whatever happens, it leaves nothing behind.
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";
import { randomAddress, sampleAddresses } from "./addresses.mjs";
import { beOnlyListener, interruptedBy, throwIfInterrupted, unlessInterrupted } from "./interruption.mjs";
import { fetchPage, ping, pingAll, runOn, serveWeb } from "./machines.mjs";
import { say, seconds, showCommand, showOutput, step } from "./narrator.mjs";
import { PulumiFolder } from "./pulumi.mjs";
import { giveSitesAddresses, tellOfSites } from "./sites.mjs";

const { createSandbox } = createRequire(import.meta.url)("../../dist/sandbox/index.js");

/** The defaults of Pulumi.yaml. */
const PREFIX6 = "2001:db8:100::/64";
const PREFIX4 = "192.0.2.0/24";

/** The host tidies up when the last connection has ended, which takes it a moment. */
const TIDY_UP_MS = 10_000;

/** When it has been interrupted and still runs after this, it ends without waiting for anything. */
const CLEAN_UP_MS = 15_000;

/**
 * Tells it. Returns the exit code.
 *
 * @param options.keep leaves the sandbox and the stack
 */
export async function tellStory({ keep }) {
  const startedAt = performance.now();
  const made = {};
  const removeFolder = () => made.folder?.remove();
  // The last resort, for an error that nobody expects; the sandbox has its own.
  process.on("exit", removeFolder);
  interruptedBy.addEventListener("abort", () => setTimeout(() => process.exit(1), CLEAN_UP_MS).unref());
  let code = 0;
  try {
    await tellSteps(made);
  } catch (error) {
    code = 1;
    console.error(interruptedBy.aborted ? "\nInterrupted; cleaning up." : `\n${error.message}`);
  }
  const isKept = keep && made.sandbox !== undefined && made.folder !== undefined && !interruptedBy.aborted;
  if (isKept) {
    process.off("exit", removeFolder);
    made.sandbox.keep();
    made.folder.giveToPerson();
    tellHowToGoOn(made);
  } else {
    removeFolder();
    await made.sandbox?.close();
  }
  const what = code === 0 ? "Done" : "Stopped";
  const left = isKept ? "" : " The machines, the stack and its folder are removed.";
  console.log(`\n${what} after ${seconds(startedAt)}.${left}`);
  return code;
}

async function tellSteps(made) {
  say(
    "AnyIP: one route of type `local`, and a Linux machine answers for every address of a whole subnet. " +
      "Here Pulumi makes two such routes on a host over SSH, one for the 2^64 addresses of an IPv6 /64 and " +
      "one for the 256 of an IPv4 /24, and then gives three named sites an address each. All of this really happens, and " +
      "on this machine only.",
  );
  const sandbox = await makeMachines(made);
  const [host] = sandbox.hosts;
  await routeUpstream(sandbox.peer, host);
  const pulumi = await makeStack(made);
  const before = await host.routes();
  const login = [
    `-c host=${host.address}`,
    `-c privateKeyPath=${sandbox.keyPath}`,
    `-c knownHosts=${sandbox.knownHostsPath}`,
  ];
  const config = [`--config-file ${pulumi.configFileOf()}`, ...login];
  await step(
    "pulumi up",
    "The program is examples/quickstart/index.ts. It has to know the host, the key to log in with and the " +
      "known_hosts file that vouches for the host: a host key that nobody vouches for is refused.",
    () => pulumi.run(["up", "--yes", "--skip-preview"], config),
  );
  await showHost(host);
  await lookFromPeer(sandbox.peer, host);
  await changeNothing(pulumi, host);
  await surviveReboot(pulumi, host, sandbox.peer);
  await beRefused(pulumi, host, sandbox.peer);
  await step(
    "pulumi destroy",
    "Delete removes exactly the two routes that the stack has made, and only while they are still its own.",
    () => pulumi.run(["destroy", "--yes", "--skip-preview"], config.slice(0, 1)),
  );
  await giveSitesAddresses(pulumi, host, sandbox.peer, login);
  await compareRoutes(host, before);
}

function makeMachines(made) {
  return step(
    "Two machines to practise on",
    "A sandbox is a small network of namespaces on this machine: web1 is a Debian that systemd has booted, with a " +
      "real sshd and routing tables of its own, and peer is the second machine, from which we look at it.",
    async () => {
      const name = `demo-${randomBytes(2).toString("hex")}`;
      showCommand(`npx pulumi-anyip sandbox up ${name} --flavour systemd`);
      // It removes itself on a signal or exit while it is being made, and would wait long for what is gone then.
      made.sandbox = await unlessInterrupted(
        createSandbox({ name, hosts: [{ name: "web1", flavour: "systemd" }] }),
      );
      beOnlyListener();
      const [host] = made.sandbox.hosts;
      for (const { name: machine, address, address6 } of [host, { name: "peer", ...addressesOf(made) }]) {
        showOutput(`${machine.padEnd(6)}${address.padEnd(16)}${address6}`);
      }
      return made.sandbox;
    },
  );
}

function addressesOf({ sandbox: { peer } }) {
  return { address: peer.address, address6: peer.address6 };
}

function routeUpstream(peer, host) {
  return step(
    "What the network has to do",
    "The network must deliver the subnets' packets to the host. The IPv6 /64 is routed to it, as a provider " +
      "does with a delegated prefix. The IPv4 subnet is on the link: the host will answer ARP for all of it. " +
      "As yet it does not answer for either.",
    async () => {
      await runOn(peer, "peer", `ip -6 route add ${PREFIX6} via ${host.address6}`);
      await runOn(peer, "peer", `ip -4 route add ${PREFIX4} dev eth0`);
      if (await ping(peer, randomAddress(PREFIX6), 1)) throw new Error("an address answers already");
    },
  );
}

function makeStack(made) {
  return step(
    "A stack",
    "Pulumi keeps what it has made in a stack. This one is in a temporary folder, with a home of its own: " +
      "neither your ~/.pulumi nor this clone is touched.",
    async () => {
      made.folder = new PulumiFolder();
      for (const line of made.folder.exports) showCommand(line);
      await made.folder.addStack();
      return made.folder;
    },
  );
}

function showHost(host) {
  return step(
    "What that did on the host",
    "Two routes. Their protocol number, 177, says who made them, and a record of each says whose it is: another " +
      "stack that wants the same prefix is told so. From the records a small unit restores the routes at boot.",
    async () => {
      await runOn(host, "web1", "ip -6 route show table local | grep 'proto 177'");
      await runOn(host, "web1", "ip -4 route show table local | grep 'proto 177'");
      await runOn(host, "web1", "cat /etc/pulumi-anyip/routes/2001*");
      await runOn(host, "web1", "systemctl is-enabled pulumi-anyip; systemctl is-active pulumi-anyip");
    },
  );
}

async function lookFromPeer(peer, host) {
  await step(
    "Every IPv6 address answers",
    "The first address, the last and three random ones of the /64. None of them is configured anywhere.",
    () => pingAll(peer, sampleAddresses(PREFIX6, 3)),
  );
  await step(
    "Every IPv4 address answers",
    "The same for the /24. With AnyIP even .0 and .255 are plain addresses.",
    () => pingAll(peer, sampleAddresses(PREFIX4, 3)),
  );
  await step(
    "A web server has all of them",
    "A server that listens on the wildcard address serves them all, and knows which one it was asked for: an " +
      "address for each site.",
    async () => {
      await serveWeb(host, "web1");
      await fetchPage(peer, "peer", randomAddress(PREFIX6));
      await fetchPage(peer, "peer", randomAddress(PREFIX4));
    },
  );
}

function changeNothing(pulumi, host) {
  return step(
    "A second pulumi up",
    "Nothing has changed in the program, so nothing may change on the host. Pulumi compares with its state and " +
      "does not even log in.",
    async () => {
      const before = host.counters();
      const config = [`--config-file ${pulumi.configFileOf()}`];
      await pulumi.run(["up", "--yes", "--skip-preview", "--expect-no-changes"], config);
      const after = host.counters();
      console.log();
      say(
        `Connections that web1's sshd has seen: ${before.attempts} before this step, ${after.attempts} after it.`,
      );
      if (after.attempts !== before.attempts) throw new Error("it connected to the host");
    },
  );
}

function surviveReboot(pulumi, host, peer) {
  return step(
    "A reboot",
    "Routes live in the kernel, and end with it. These are back before web1's services start, so nothing is missing " +
      "when they bind addresses; and Pulumi, asked to look, finds everything as it was.",
    async () => {
      const before = await host.routes();
      throwIfInterrupted();
      showCommand("reboot", "web1");
      await unlessInterrupted(host.reboot());
      await runOn(host, "web1", "ip -6 route show table local | grep 'proto 177'");
      if ((await host.routes()) !== before) throw new Error("the host's routes are not as they were");
      await pingAll(peer, [randomAddress(PREFIX6), randomAddress(PREFIX4)]);
      const config = [`--config-file ${pulumi.configFileOf()}`];
      await pulumi.run(["refresh", "--yes", "--skip-preview", "--expect-no-changes"], config);
    },
  );
}

function beRefused(pulumi, host, peer) {
  return step(
    "A mistake that would cut the host off",
    `The IPv4 subnet is mistyped: now it holds ${peer.address}, which is web1's gateway. With this route the host ` +
      "would deliver to itself whatever it sends there. It is refused before anything is changed.",
    async () => {
      const before = await host.routes();
      const config = [`--config-file ${pulumi.configFileOf()}`, `-c prefix4=${peer.address}/32`];
      await pulumi.run(["up", "--yes", "--skip-preview"], config, { refusal: "LOCKOUT_RISK" });
      if ((await host.routes()) !== before) throw new Error("the host's routes have changed");
      console.log();
      say("web1's routes are the same, byte for byte, and so is what the stack has recorded.");
    },
  );
}

function compareRoutes(host, before) {
  return step(
    "The host is as it was",
    "All routes of all tables and both families were written down before the first `pulumi up`. What restored them " +
      "at boot went with the last of them.",
    async () => {
      throwIfInterrupted();
      await waitUntilGone(host.path("/etc/pulumi-anyip"));
      await runOn(host, "web1", "ls /etc/pulumi-anyip || true");
      const after = await host.routes();
      for (const family of ["-4", "-6"]) showCommand(`ip -N -d -o ${family} route show table all`, "web1");
      const bytes = (text) => `${Buffer.byteLength(text)} bytes`;
      if (after !== before) {
        showOutput(`before:\n${before}\nnow:\n${after}`);
        throw new Error("the host's routes are not as they were");
      }
      showOutput(`${bytes(before)} before, ${bytes(after)} now: the same, byte for byte.`);
    },
  );
}

async function waitUntilGone(path) {
  const deadline = performance.now() + TIDY_UP_MS;
  while (existsSync(path)) {
    throwIfInterrupted();
    if (performance.now() > deadline) throw new Error(`${path} is still there`);
    await sleep(50);
  }
}

function tellHowToGoOn({ sandbox, folder }) {
  const shell = `npx pulumi-anyip sandbox shell ${sandbox.name}`;
  console.log(`
── To go on by hand ${"─".repeat(80)}

In this folder, for Pulumi to find the same engine, stack and state:

${folder.exports.map((line) => `    ${line}`).join("\n")}

Bind the subnets, look from the second machine, look at the host, unbind them:

    pulumi up --config-file ${folder.configFileOf()}
    ${shell} peer -- ping -c 1 ${randomAddress(PREFIX6)}
    ${shell} peer -- curl http://[${randomAddress(PREFIX6)}]/
    ${shell} web1 -- ip -6 route show table local
    ssh -F ${sandbox.sshConfigPath} web1
    pulumi destroy --config-file ${folder.configFileOf()}
${tellOfSites(folder)}
Remove all of it:

    npx pulumi-anyip sandbox down ${sandbox.name}
    rm -r ${folder.path}`);
}
