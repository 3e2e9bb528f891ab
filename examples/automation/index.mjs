// Binds a prefix from a program of your own, by Pulumi's Automation API: no Pulumi.yaml, no language host.
//
//   node examples/automation/index.mjs up|preview|destroy HOST [PREFIX]
//
// It wants `pulumi` on the PATH and, as every Pulumi program does, a backend: pulumi login --local. The environment's
// ANYIP_PRIVATE_KEY_PATH and ANYIP_KNOWN_HOSTS say how to log in; default, the ssh-agent and your own known_hosts.
import { LocalWorkspace } from "@pulumi/pulumi/automation/index.js";
import { AnyIPRoute } from "pulumi-anyip";

const [command, host, prefix = "2001:db8:300::/64"] = process.argv.slice(2);
if (!["up", "preview", "destroy"].includes(command) || host === undefined) {
  console.error("usage: node index.mjs up|preview|destroy HOST [PREFIX]");
  process.exit(2);
}

const { ANYIP_PRIVATE_KEY_PATH: privateKeyPath, ANYIP_KNOWN_HOSTS: knownHosts } = process.env;

async function program() {
  const connection = {
    host,
    ...(privateKeyPath ? { privateKeyPath } : {}),
    ...(knownHosts ? { knownHosts } : {}),
  };
  const sites = new AnyIPRoute("sites", { connection, prefix });
  return { prefix: sites.prefix, lastAddress: sites.lastAddress };
}

// The provider's process starts in workDir and finds pulumi-anyip from there: it must be a folder whose node_modules,
// or that of a folder above it, holds the package. The default is a temporary folder, which has none.
const stack = await LocalWorkspace.createOrSelectStack(
  { stackName: "automation", projectName: "pulumi-anyip-automation", program },
  { workDir: import.meta.dirname },
);

const options = { onOutput: (text) => process.stderr.write(text) };
if (command === "up") {
  const { outputs, summary } = await stack.up(options);
  const values = Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  console.log(JSON.stringify({ changes: summary.resourceChanges, outputs: values }));
} else if (command === "preview") {
  const { changeSummary } = await stack.preview(options);
  console.log(JSON.stringify({ changes: changeSummary }));
} else {
  const { summary } = await stack.destroy(options);
  console.log(JSON.stringify({ changes: summary.resourceChanges }));
}
