// The AddressAllocations that the environment lists, and the AnyIPRoutes that they may be covered by: ALLOCATIONS is JSON, objects
// of names and arguments.
const { AddressAllocation, AnyIPRoute } = require("pulumi-anyip");

const { connection, routes, allocations } = JSON.parse(process.env.ALLOCATIONS);

const made = {};
for (const [name, args] of Object.entries(routes)) made[name] = new AnyIPRoute(name, { connection, ...args });

exports.prefixes = {};
for (const [name, { $route, ...args }] of Object.entries(allocations)) {
  // $route: the AnyIPRoute whose prefix is the pool
  const pool = $route === undefined ? args.pool : made[$route].prefix;
  const { prefix } = new AddressAllocation(name, { connection, ...args, pool });
  exports.prefixes[name] = prefix;
}
