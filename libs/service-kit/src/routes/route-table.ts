import { type Access, allRoutes, type Route, type ServiceName } from '@muster/contracts';

/** The table of a service's routes with who may use them, as lines of Markdown. */
export function routeTable(service: ServiceName): string {
  const rows = allRoutes()
    .filter((route) => route.service === service)
    .sort((left, right) => order(left).localeCompare(order(right)))
    .map(
      (route) =>
        `| ${route.method} | \`${route.path}\` | ${route.face} | ${accessText(route.access)} | ${route.summary} |`,
    );
  if (rows.length === 0) return 'No routes.\n';
  return ['| method | path | face | who | what |', '|---|---|---|---|---|', ...rows, ''].join('\n');
}

const order = (route: Route): string => `${route.path} ${route.method}`;

function accessText(access: Access): string {
  if (access.kind === 'permission') return `\`${access.permission}\``;
  if (access.kind === 'public') return `anybody: ${access.why}`;
  return access.kind === 'device' ? 'an enrolled device' : 'whoever is signed in';
}
