// What the story does on the two machines: commands, pings, a web server and fetching pages of it.
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { throwIfInterrupted } from "./interruption.mjs";
import { showCommand, showOutput } from "./narrator.mjs";

const SERVER_START_MS = 10_000;

const SERVER = `import { createServer } from "node:http";
createServer((request, response) => {
  const asked = request.socket.localAddress.replace("::ffff:", "");
  response.end(\`Hello from web1. This is the page of \${asked}.\\n\`);
}).listen(80, "::", () => console.log("listening on port 80"));
`;

/** Runs a shell command on a machine, shown with what it prints. */
export async function runOn(machine, name, command) {
  throwIfInterrupted();
  showCommand(command, name);
  const { code, stdout, stderr } = await machine.exec(["sh", "-c", command]);
  if (stdout + stderr !== "") showOutput(stdout + stderr);
  if (code !== 0) throw new Error(`\`${command}\` on ${name} ended with ${code}, see above`);
}

/** Pings once and shows the one line that tells. Returns whether there was an answer. */
export async function ping(peer, address, waitSeconds = 2) {
  throwIfInterrupted();
  const command = `ping -n -c 1 -W ${waitSeconds} ${address}`;
  showCommand(command, "peer");
  const { code, stdout, stderr } = await peer.exec(command.split(" "));
  const line = /^.*bytes from.*$/m.exec(stdout) ?? /^.*packet loss.*$/m.exec(stdout);
  showOutput(line?.[0] ?? stdout + stderr);
  return code === 0;
}

export async function pingAll(peer, addresses) {
  for (const address of addresses) {
    if (!(await ping(peer, address))) throw new Error(`${address} does not answer`);
  }
}

/** Starts a web server; it lives until the machine ends or reboots. One that says "listening" is ready. */
export async function serveWeb(machine, name, program = SERVER) {
  const node = nodeOf(machine);
  writeFileSync(machine.path("/tmp/web.mjs"), program);
  writeFileSync(machine.path("/tmp/web.log"), "");
  showCommand(`cat /tmp/web.mjs`, name);
  showOutput(program);
  showCommand(`${node} /tmp/web.mjs &`, name);
  await machine.execOrThrow(["sh", "-c", `setsid ${node} /tmp/web.mjs </dev/null >/tmp/web.log 2>&1 &`]);
  const deadline = Date.now() + SERVER_START_MS;
  const log = () => readFileSync(machine.path("/tmp/web.log"), "utf8");
  while (!log().includes("listening")) {
    throwIfInterrupted();
    if (Date.now() > deadline) throw new Error(`the web server does not start: ${log()}`);
    await sleep(20);
  }
  showOutput(log());
}

/** Fetches a page by address or name and shows it; it must hold `expected`. */
export async function fetchPage(machine, name, address, expected = `page of ${address}.`) {
  throwIfInterrupted();
  const url = `http://${address.includes(":") ? `[${address}]` : address}/`;
  const hasCurl = (await machine.exec(["sh", "-c", "command -v curl"])).code === 0;
  const script = `fetch("${url}").then((r) => r.text()).then(console.log)`;
  const argv = hasCurl ? ["curl", "-sS", "--max-time", "10", url] : [nodeOf(machine), "-e", script];
  showCommand(hasCurl ? `curl ${url}` : `node -e '${script}'`, name);
  const { code, stdout, stderr } = await machine.exec(argv);
  showOutput(stdout + stderr);
  if (code !== 0 || !stdout.includes(expected)) {
    throw new Error(`the page of ${address} did not come`);
  }
}

/** Node on a machine. Its /home, /root and /tmp are empty: a node from there is copied in. */
function nodeOf(machine) {
  const node = "/tmp/node";
  if (existsSync(machine.path(node))) return node;
  if (!/^\/(home|root|tmp|run)\//.test(process.execPath) && existsSync(machine.path(process.execPath))) {
    return process.execPath;
  }
  copyFileSync(process.execPath, machine.path(node));
  return node;
}
