// A dynamic provider that logs in anew with the system's ssh for each operation, as remote commands do.
const { execFile } = require("node:child_process");
const { promisify } = require("node:util");

async function ssh({ connection }, command) {
  const { host, user, privateKeyPath, knownHosts } = connection;
  const options = ["BatchMode=yes", `UserKnownHostsFile=${knownHosts}`, `IdentityFile=${privateKeyPath}`];
  const flags = options.flatMap((option) => ["-o", option]);
  await promisify(execFile)("ssh", ["-F", "none", ...flags, `${user}@${host}`, command]);
}

exports.loginEach = {
  check: async (_olds, news) => ({ inputs: news }),
  diff: async () => ({ changes: false }),
  create: async (inputs) => {
    await ssh(inputs, `ip route replace local ${inputs.prefix} dev lo table local`);
    return { id: `login-${inputs.prefix}`, outs: inputs };
  },
  read: async (id, props) => ({ id, props }),
  update: async (_id, _olds, news) => ({ outs: news }),
  delete: async (_id, props) => ssh(props, `ip route del local ${props.prefix} dev lo table local`),
};
