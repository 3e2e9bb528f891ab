// `pulumi-anyip doctor`: what on a host would stop or surprise one.

import { describeHop } from "../provider/connection/spec";
import { AnyIPError } from "../provider/errors";
import type { Finding } from "../provider/inspect/finding";
import { judgeFailure, judgeInspection } from "../provider/inspect/findings";
import { inspectHost } from "../provider/inspect-host";
import { findPerson } from "./ask-secret";
import { type Command, readArguments } from "./command";
import { formatFindings } from "./finding-lines";
import { hostOptions, hostOptionsHelp, readHostOptions } from "./host-options";
import { withMissingSecrets } from "./missing-secrets";

export const doctorCommand: Command = {
  summary: "say what on a host would stop or surprise one, and what to do",
  help: `Usage: pulumi-anyip doctor HOST [OPTION…]

Looks at HOST: the login and its rights, what has to be installed, IPv6, what no prefix may cover, and what is managed
there already. Each finding is ok, a note or a problem, with what to do. It only looks. The exit code is 1 when there
is a problem.

${hostOptionsHelp}`,
  async run(args) {
    const { values, positionals } = readArguments(args, hostOptions, 1);
    const connection = readHostOptions(positionals, values, process.env);
    const host = describeHop(connection);
    let findings: Finding[];
    try {
      const inspection = await withMissingSecrets(connection, inspectHost, findPerson());
      const jumpHosts = connection.proxies.map((proxy) => proxy.host);
      findings = judgeInspection(inspection, { user: connection.user, jumpHosts });
    } catch (error) {
      if (!(error instanceof AnyIPError)) throw error;
      findings = judgeFailure(error);
    }
    process.stdout.write(
      values.json ? `${JSON.stringify({ host, findings }, null, 2)}\n` : formatFindings(host, findings),
    );
    return findings.some(({ level }) => level === "problem") ? 1 : 0;
  },
};
