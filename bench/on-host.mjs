// One side of a benchmark on a sandbox host: a stack of many resources, from its first command to its last.
import { BenchStack } from "./stack.mjs";

const commands = { create: "up", "no change": "up", refresh: "refresh", destroy: "destroy" };
export const phases = Object.keys(commands);

/**
 * @param side of bench/programs/index.js
 * @returns by phase the seconds, and the connections and execs that the host counted; the state's bytes after the create
 */
export async function measureOnHost({ sandbox, host, side, persist, count, flags }) {
  const connection = { host: host.address, privateKeyPath: host.keyPath, knownHosts: sandbox.knownHostsPath };
  const environment = {
    BENCH_HOST: JSON.stringify(connection),
    BENCH_SIDE: side,
    BENCH_PERSIST: persist,
    BENCH_COUNT: String(count),
  };
  const stack = new BenchStack({ environment, flags });
  try {
    await stack.init();
    const run = { seconds: {}, connections: {}, execs: {}, stateBytes: 0 };
    for (const phase of phases) {
      const before = host.counters();
      run.seconds[phase] = await stack.time(commands[phase]);
      const after = host.counters();
      run.connections[phase] = after.connections - before.connections;
      run.execs[phase] = after.sessions - before.sessions;
      if (phase === "create") run.stateBytes = await stack.stateBytes();
    }
    return run;
  } finally {
    stack.remove();
  }
}
