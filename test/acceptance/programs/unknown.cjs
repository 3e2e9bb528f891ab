// A prefix and a host that are known only once another resource exists: at the first preview they are unknown.
const pulumi = require("@pulumi/pulumi");
const { AnyIPRoute } = require("pulumi-anyip");

/** Stands for a cloud's server: it takes some time to learn its address. */
class Server extends pulumi.dynamic.Resource {
  constructor(name, given) {
    const provider = {
      create: async (inputs) => ({ id: "server", outs: { ...inputs, told: inputs.given } }),
      update: async (_id, _olds, news) => ({ outs: { ...news, told: news.given } }),
    };
    super(provider, name, { given, told: undefined }, undefined);
  }
}

const { connection, prefix } = JSON.parse(process.env.ROUTES);
const server = new Server("server", { host: connection.host, prefix });
const told = server.told;

new AnyIPRoute("unknownHost", {
  connection: { ...connection, host: told.apply(({ host }) => host) },
  prefix: "2001:db8:701::/64",
  persist: "none",
});
new AnyIPRoute("unknownPrefix", {
  connection,
  prefix: told.apply((answer) => answer.prefix),
  persist: "none",
});
new AnyIPRoute("unknownConnection", {
  connection: told.apply(({ host }) => ({ ...connection, host })),
  prefix: "2001:db8:703::/64",
  persist: "none",
});
