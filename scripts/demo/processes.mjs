// Ends processes that this one has started, each by its id.
import { readdirSync, readFileSync } from "node:fs";

/** Parent and session of a process, or undefined when it has gone. */
function look(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name, the second field, may hold spaces and parentheses: count from behind its end (proc(5)).
    const [, parent, , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { pid, parent: Number(parent), session: Number(session) };
  } catch {
    return undefined;
  }
}

function listProcesses() {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => look(Number(name)))
    .filter((found) => found !== undefined);
}

function end(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself, or is root's.
  }
}

/** Ends all that this process has started and what that has started. */
export function endDescendants() {
  const all = listProcesses();
  const endChildren = (parent) => {
    for (const child of all.filter((candidate) => candidate.parent === parent)) {
      endChildren(child.pid);
      end(child.pid);
    }
  };
  endChildren(process.pid);
}

/** Ends what is left of the session that `pid` began; Pulumi's plugins are in groups, but in no session, of their own. */
export function endSession(pid) {
  for (const member of listProcesses()) if (member.session === pid) end(member.pid);
}
