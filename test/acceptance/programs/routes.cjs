// The AnyIPRoutes that the environment lists: ROUTES is JSON, an object of names and arguments. What JSON can not
// say is said by properties that begin with `$`, which are not passed on.
const pulumi = require("@pulumi/pulumi");
const { AnyIPRoute } = require("pulumi-anyip");

const { connection: shared, routes } = JSON.parse(process.env.ROUTES);

for (const [name, { $formerly, $secret = [], $options, ...args }] of Object.entries(routes)) {
  const connection = args.connection === undefined ? shared : args.connection;
  // $secret: properties of the connection that the program itself marks as secret
  const marked = Object.fromEntries(
    $secret.map((property) => [property, pulumi.secret(connection[property])]),
  );
  // $options: the resource's options, as retainOnDelete and protect
  // $formerly: the name under which the state has the resource
  const aliases = $formerly === undefined ? [] : [{ name: $formerly }];
  new AnyIPRoute(
    name,
    { ...args, connection: $secret.length > 0 ? { ...connection, ...marked } : connection },
    { ...$options, aliases },
  );
}
