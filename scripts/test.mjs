// npm test: sets everything up, runs the quality gates and every test, and ends with `N passed, N failed`.
// Arguments go to vitest (npm test -- -t name); such a run is about those tests and leaves the gates out.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runGates } from "./gates.mjs";
import { ensureDebianTrees } from "./setup/debian-trees.mjs";
import { repository } from "./setup/paths.mjs";
import { run } from "./setup/process.mjs";
import { SetupError, setUp } from "./setup.mjs";

const minutesAtMost = 60;
const counts = { passed: 0, failed: 0 };

function add({ passed, failed }) {
  counts.passed += passed;
  counts.failed += failed;
}

/** What to put before a command that must be root: the tests make network namespaces. */
async function rootPrefix(path) {
  if (process.platform !== "linux" || process.getuid() === 0) return [];
  if ((await run("sudo", ["-n", "true"])).code !== 0) {
    throw new SetupError(
      "The tests make network namespaces: run npm test as root, or allow sudo without a password.",
    );
  }
  // sudo may replace both, whatever -E says; the cache with the engine is under HOME.
  return ["sudo", "-n", "-E", "env", `PATH=${path}`, `HOME=${process.env.HOME}`];
}

/** Runs a program in this terminal and returns its exit code. What hangs is ended. */
function runInTerminal(command, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: repository, env, stdio: ["ignore", "inherit", "inherit"] });
    const endIt = (signal) => child.kill(signal);
    const timers = [
      setTimeout(() => {
        console.error(`test: ended after ${minutesAtMost} minutes, something hangs`);
        endIt("SIGTERM");
      }, minutesAtMost * 60_000),
      setTimeout(() => endIt("SIGKILL"), minutesAtMost * 60_000 + 20_000),
    ];
    child.on("error", reject);
    child.on("close", (code) => {
      for (const timer of timers) clearTimeout(timer);
      resolve(code ?? 1);
    });
  });
}

/** Counts from vitest's JSON report. A file that could not be loaded has no tests but is a failure. */
function readReport(file) {
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return { passed: 0, failed: 0 };
  }
  const broken = report.testResults.filter((f) => f.status === "failed" && f.assertionResults.length === 0);
  const left = report.numPendingTests + (report.numTodoTests ?? 0);
  if (left > 0) console.log(`${left} not run (skipped, todo, or left out by a filter)`);
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
}

async function runVitest(environment, extra) {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-anyip-test-"));
  try {
    const file = join(folder, "report.json");
    const vitest = [process.execPath, join(repository, "node_modules/vitest/vitest.mjs"), "run"];
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
    const [command, ...args] = [...(await rootPrefix(environment.PATH)), ...vitest, ...reporters, ...extra];
    const code = await runInTerminal(command, args, environment);
    const result = readReport(file);
    add(result);
    if (code !== 0 && result.failed === 0) {
      console.error(`test: vitest ended with ${code} although no test failed; see above`);
      add({ passed: 0, failed: 1 });
    } else if (result.passed + result.failed === 0) {
      console.error("test: no test ran");
      add({ passed: 0, failed: 1 });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  const extra = process.argv.slice(2);
  const { pulumiEnv } = await setUp({ forTests: true, nodeMatrix: true });
  await ensureDebianTrees().catch((error) => {
    // Without them only the tests of booted hosts fail, and say so.
    if (!(error instanceof SetupError)) throw error;
    console.error(`test: ${error.message}`);
  });
  if (extra.length === 0) add(await runGates());
  await runVitest({ ...process.env, ...pulumiEnv }, extra);
} catch (error) {
  console.error(error instanceof SetupError ? `test: ${error.message}` : error);
  add({ passed: 0, failed: 1 });
}
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
console.log(`${counts.passed} passed, ${counts.failed} failed`);
