// The story's last chapter: three named sites, each on an address of its own.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../setup/paths.mjs";
import { fetchPage, runOn, serveWeb } from "./machines.mjs";
import { showCommand, showOutput, step } from "./narrator.mjs";

/** The project's folder in the clone. */
const EXAMPLE = "examples/sites";

/** Gives them addresses, fetches their pages from the second machine, and takes the addresses away again. */
export async function giveSitesAddresses(pulumi, host, peer, login) {
  const addresses = await allocate(pulumi, login);
  await showRecords(host);
  await serveByAddress(host, addresses);
  await fetchByName(peer, addresses);
  await step(
    "pulumi destroy, the sites too",
    "First the addresses, then the route that they are answered by: it would not go while one of them needs it.",
    () =>
      pulumi.run(
        ["destroy", "-C", EXAMPLE, "--yes", "--skip-preview"],
        [`--config-file ${pulumi.configFileOf(EXAMPLE)}`],
      ),
  );
}

/** The lines on it for who goes on by hand. */
export function tellOfSites(folder) {
  if (!existsSync(folder.configFileOf(EXAMPLE))) return "";
  const options = `-C ${EXAMPLE} --config-file ${folder.configFileOf(EXAMPLE)}`;
  return `
Give the sites their addresses, which are in the same subnet, once the first stack has left it; take them away:

    pulumi up ${options}
    pulumi stack output addresses -C ${EXAMPLE}
    pulumi destroy ${options}
`;
}

/** @returns the address of each site, by its name */
function allocate(pulumi, login) {
  return step(
    "An address for each site",
    "Another program: the /64 as before, and out of it one address for each of three names. A name's address is a hash " +
      "of it, unless somebody has that already; it stays whatever comes and goes beside it.",
    async () => {
      const program = join(EXAMPLE, "index.ts");
      showCommand(`cat ${program}`);
      showOutput(readFileSync(join(repository, program), "utf8"));
      await pulumi.addStack(EXAMPLE);
      const config = [`--config-file ${pulumi.configFileOf(EXAMPLE)}`, ...login];
      await pulumi.run(["up", "-C", EXAMPLE, "--yes", "--skip-preview"], config);
      return JSON.parse(await pulumi.run(["stack", "output", "addresses", "--json", "-C", EXAMPLE]));
    },
  );
}

function showRecords(host) {
  return step(
    "A record for each, and one route",
    "The route answers for all of them. Under a lock on the host the records tell every stack, on whatever machine, what is " +
      "taken.",
    async () => {
      await runOn(host, "web1", "ip -6 route show table local | grep 'proto 177'");
      await runOn(host, "web1", "grep -h '^for' /etc/pulumi-anyip/routes/*");
    },
  );
}

function serveByAddress(host, addresses) {
  return step(
    "One web server, three sites",
    "It is asked at different addresses, and that alone tells it for which site.",
    () => serveWeb(host, "web1", formatServer(addresses)),
  );
}

function fetchByName(peer, addresses) {
  return step(
    "Each site answers, by name and by address",
    "The second machine is told the names as a DNS would tell it.",
    async () => {
      const lines = Object.entries(addresses).map(([name, address]) => `${address} ${name}\n`);
      appendFileSync(peer.path("/etc/hosts"), lines.join(""));
      await runOn(peer, "peer", `tail -n ${lines.length} /etc/hosts`);
      for (const [name, address] of Object.entries(addresses)) {
        const page = `This is ${name}, at ${address}.`;
        await fetchPage(peer, "peer", name, page);
        await fetchPage(peer, "peer", address, page);
      }
    },
  );
}

function formatServer(addresses) {
  const sites = Object.entries(addresses).map(([name, address]) => `  "${address}": "${name}",\n`);
  return `import { createServer } from "node:http";
const sites = {
${sites.join("")}};
createServer(({ socket: { localAddress } }, response) => {
  response.end(\`This is \${sites[localAddress] ?? "no site"}, at \${localAddress}.\\n\`);
}).listen(80, "::", () => console.log("listening on port 80"));
`;
}
