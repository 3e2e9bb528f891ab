// From what a host said to what a person can do about it.
import { AnyIPError } from "../errors";
import { explainRights } from "./explain-rights";
import { classifyRefusal } from "./iproute2";
import type { BackendName } from "./persistence/paths";
import type { Step } from "./route";

/**
 * What the failure of one step means; undefined when it is no failure: a route that was to be deleted and is
 * gone already is gone.
 */
export function explainStepFailure(label: string, step: Step, message: string): AnyIPError | undefined {
  const refusal = classifyRefusal(message);
  if (refusal === "absent" && step.kind === "delete") return undefined;
  const { prefix, device, table } = step.route;
  const what = `${label}: cannot ${step.kind} local route ${prefix} dev ${device} table ${table}`;
  const facts = { host: label, output: message };
  switch (refusal) {
    case "exists":
      return new AnyIPError(
        "ROUTE_CONFLICT",
        `${what}: one with this prefix, table and metric has appeared since it was looked for; ` +
          "does another resource or program bind the same prefix? Run again to see what is there.",
        { facts, retryable: true },
      );
    case "no-device":
      return new AnyIPError(
        "ROUTE_REJECTED",
        `${what}: the host has no device ${device}; \`ip link\` there lists those it has`,
        { facts },
      );
    case "no-privilege":
      return new AnyIPError(
        "NO_PRIVILEGE",
        `${what}: ${message}; the login needs the right to change routes (CAP_NET_ADMIN)`,
        { facts },
      );
    case "family-disabled":
      return new AnyIPError(
        "ROUTE_REJECTED",
        `${what}: IPv6 is disabled on ${device}; set net.ipv6.conf.${device}.disable_ipv6=0 on the host`,
        { facts },
      );
    case "bad-source":
      return new AnyIPError(
        "ROUTE_REJECTED",
        `${what}: the kernel refuses source ${step.route.source ?? ""}; it must be an address of the host`,
        { facts },
      );
    case "bad-table":
      return new AnyIPError(
        "ROUTE_REJECTED",
        `${what}: the host's busybox \`ip\` takes no table of this number (1.35 none above 255); install iproute2 for it`,
        { facts },
      );
    case "absent":
    case "other":
      return new AnyIPError("ROUTE_REJECTED", `${what}: the kernel says: ${message}`, { facts });
  }
}

/** Explains why a host cannot be made to restore routes at boot; `output` is what was said there. */
export function explainFailedInstall(label: string, name: BackendName, output: string): AnyIPError {
  const said = output.trim().split("\n").slice(-3).join("; ");
  return new AnyIPError(
    "HOST_UNSUPPORTED",
    `${label}: routes cannot be made to outlast a reboot by ${name}: ${said || "it said nothing"}. Nothing has been ` +
      'changed. Is /etc read-only or full? Where routes need not outlast a reboot, persist: "none" says so',
    { facts: { host: label, output: said } },
  );
}

/** What our own command prints before it becomes root (root-command.ts). */
const ownGreeting = /^anyip-[0-9a-f]+ client .*$/gm;

/** Explains a shell that never said it was ready: refused sudo, a restricted login, endless output. */
export function explainSilentShell(label: string, error: unknown): unknown {
  if (!(error instanceof AnyIPError)) return error;
  const output = (error.facts.output ?? "").replace(ownGreeting, "");
  const facts = { ...error.facts, host: label };
  const refusal = explainRights(output);
  if (refusal !== undefined) {
    const { why, missing } = refusal;
    const message = `${label}: the login is not root, and ${why}`;
    return new AnyIPError("NO_PRIVILEGE", message, {
      facts: { ...facts, ...(missing === undefined ? {} : { missing }) },
      cause: error,
    });
  }
  if (error.code === "UNEXPECTED_OUTPUT") {
    const message = `${label}: the login shell prints without end and never runs \`sh -s\`; see what it prints on login`;
    return new AnyIPError("UNEXPECTED_OUTPUT", message, { facts, cause: error });
  }
  if (error.code === "CONNECTION_LOST" && facts.exitCode !== undefined) {
    const said = output.trim() === "" ? "nothing" : JSON.stringify(output.trim().slice(-300));
    return new AnyIPError(
      "UNEXPECTED_OUTPUT",
      `${label}: the login ended with exit code ${facts.exitCode} before it ran \`sh -s\`; it said ${said}. ` +
        "The account needs a login shell that runs commands (no nologin, no ForceCommand)",
      { facts, cause: error },
    );
  }
  return error;
}
