/** Words that PostgreSQL, NATS, Docker or this repository have another use for. */
const reserved = new Set(
  (
    'agora all analyze and any array as asc asymmetric authorization binary both case cast check collate collation column ' +
    'concurrently constraint create cross current database default deferrable desc distinct do else end except false fetch ' +
    'for foreign freeze from full gateway grant group having health in information initially inner intersect into is isnull ' +
    'join lateral leading left like limit localtime localtimestamp metrics migrate migration migrator nats natural not ' +
    'notnull null offset on only openapi or order outer overlaps placing postgres primary provision public references ' +
    'returning right runtime secrets select session setup similar some symmetric system table tablesample template tester ' +
    'then to trailing true union unique user using variadic verbose when where window with ' +
    'utils helpers common shared misc lib core base manager'
  ).split(' '),
);

/** Throws an Error that says why no service can have that name. */
export function checkName(name, { services, routes }) {
  if (!/^[a-z][a-z0-9]{1,19}$/.test(name ?? ''))
    throw new Error(
      `"${name ?? ''}" is no name for a service: 2 to 20 lower-case letters and digits, such as comments`,
    );
  if (services.includes(name)) throw new Error(`there is a service ${name}`);
  if (reserved.has(name) || name.startsWith('pg')) throw new Error(`"${name}" is reserved`);
  if (routes.includes(`'/${name}'`) || routes.includes(`'/${name}/`))
    throw new Error(`the path /${name} is another service's`);
}
