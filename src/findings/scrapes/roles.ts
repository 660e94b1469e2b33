import type { Endpoint, Service } from '../../kubernetes/index.ts';
import { hasEndpoints, roleOf } from '../../reading/index.ts';
import type { Check } from './check.ts';
import { type Found, listed, placed } from './found.ts';
import { writing } from './remedy.ts';

/** What `discoveryRole` makes of the selected Services: nothing, each pod twice, or one of several pods. */
export function roleFindings(check: Check): Found[] {
  const role = roleOf(check.scrape);
  if (role === 'service') return oneOfMany(check);
  return [...externalName(check), ...(role === 'endpointslices' ? bothFamilies(check) : [])];
}

/** Only Services are selected that have no endpoints: nothing is found behind them. */
function externalName({ scrape, services, complete }: Check): Found[] {
  const isAll = services.length > 0 && services.every(({ type }) => type === 'ExternalName');
  if (!complete || !isAll || scrape.endpoints.length === 0) return [];
  return [
    {
      code: 'external-name',
      field: 'discoveryRole',
      message: `Service ${namesOf(services, scrape.namespace)} is of type ExternalName and has no endpoints: nothing is read`,
      ...writing('discoveryRole', 'service'),
    },
  ];
}

function bothFamilies({ scrape, services }: Check): Found[] {
  const dual = services.filter((one) => one.dualStack === true && hasEndpoints(one));
  if (dual.length === 0 || scrape.endpoints.every(choosesFamily)) return [];
  return [
    {
      code: 'read-at-two-addresses',
      field: 'discoveryRole',
      message: `each pod behind ${namesOf(dual, scrape.namespace)} is read twice, at its IPv4 and at its IPv6 address: the Service is dual-stack`,
      ...writing('discoveryRole', 'endpoints'),
      fix: 'write discoveryRole: endpoints, or keep one __meta_kubernetes_endpointslice_address_type',
    },
  ];
}

/** Whether a rule keeps or drops targets by what the two addresses of a pod differ in. */
function choosesFamily({ relabelRules }: Endpoint): boolean {
  return relabelRules.some(
    ({ action, sourceLabels }) =>
      /^(?:keep|drop)/.test(action) &&
      sourceLabels.some(
        (name) =>
          name === '__meta_kubernetes_endpointslice_address_type' ||
          name === '__address__' ||
          name === 'instance',
      ),
  );
}

function oneOfMany({ scrape, services, behind }: Check): Found[] {
  const several = services.filter((one) => {
    const { seats } = behind(one);
    return seats.filter((seat) => seat.is === 'pod').length > 1;
  });
  if (several.length === 0 || scrape.endpoints.length === 0) return [];
  return [
    {
      code: 'one-of-many',
      field: 'discoveryRole',
      message: `role service reads the address of ${namesOf(several, scrape.namespace)}, where another of its pods may answer each time`,
      ...writing('discoveryRole', 'endpoints'),
    },
  ];
}

function namesOf(services: readonly Service[], home: string): string {
  return listed(services.map((one) => placed(one, home)));
}
