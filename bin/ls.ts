// `pulumi-anyip ls`: what is managed on a host, and by which stacks.

import { describeHop } from "../provider/connection/spec";
import { listManagedRoutes } from "../provider/inspect-host";
import { findPerson } from "./ask-secret";
import { type Command, readArguments } from "./command";
import { hostOptions, hostOptionsHelp, readHostOptions } from "./host-options";
import { describeManaged, formatManagedTable } from "./managed-table";
import { withMissingSecrets } from "./missing-secrets";

export const lsCommand: Command = {
  summary: "list the routes that are managed on a host, and whose they are",
  help: `Usage: pulumi-anyip ls HOST [OPTION…]

Lists every managed route on HOST: whose it is (project/stack/resource), whether it was created or adopted, and
whether it is there (present), has other attributes than recorded (altered) or is gone (missing). It only looks.

${hostOptionsHelp}`,
  async run(args) {
    const { values, positionals } = readArguments(args, hostOptions, 1);
    const connection = readHostOptions(positionals, values, process.env);
    const host = describeHop(connection);
    const managed = await withMissingSecrets(connection, listManagedRoutes, findPerson());
    process.stdout.write(
      values.json
        ? `${JSON.stringify(describeManaged(host, managed), null, 2)}\n`
        : formatManagedTable(host, managed),
    );
    return 0;
  },
};
