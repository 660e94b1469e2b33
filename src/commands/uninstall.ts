import { randomUUID } from 'node:crypto';
import { standardLabels } from '../catalogue/index.ts';
import { accessFlags, awayText, commandTransport, reach } from '../cli/cluster-access.ts';
import { type Command, type Shell, strayWords } from '../cli/command.ts';
import { configuration } from '../cli/configuration.ts';
import {
  type ApiError,
  type Client,
  createClient,
  field,
  isBuiltIn,
  isGone,
  isNotFound,
  presenceOf,
  type Resource,
  resources,
} from '../cluster/api/index.ts';
import { parseScrape } from '../kubernetes/index.ts';
import { isOurs } from '../planning/index.ts';
import { type Flag, fieldManager, type PipelineSettings } from '../settings/index.ts';

const registrations: readonly Resource[] = [
  'mutatingwebhookconfigurations',
  'validatingwebhookconfigurations',
].map((plural) => ({ group: 'admissionregistration.k8s.io', version: 'v1', plural }));

export const command: Command = {
  usage: 'uninstall [--scrapes] [--dry-run] [flags]',
  help: `Removes the webhook registrations of autoscrape: from then on the API server calls it no more. The scrapes
stay and go on working, unless they are to go as well: then stop autoscrape first, or it makes them again.`,
  flags: new Map<string, Flag>([
    [
      'scrapes',
      {
        kind: 'switch',
        about: 'Also removes the scrapes that autoscrape made, in all namespaces.',
      },
    ],
    ['dry-run', { kind: 'switch', about: 'Says what would be removed, and removes nothing.' }],
    ...accessFlags,
  ]),
  settings: true,
  run: async (line, shell) => {
    const configured = await configuration(line, shell);
    const problems = [
      ...strayWords(line, 'uninstall'),
      ...('problems' in configured ? configured.problems : []),
    ];
    if ('problems' in configured || problems.length > 0) {
      shell.err(problems.map((problem) => `${problem}\n`).join(''));
      return 2;
    }
    const { settings } = configured;
    const reached = await reach(line, settings, shell);
    if ('problem' in reached) {
      shell.err(`${reached.problem}\n`);
      return 2;
    }
    const transport = commandTransport(reached.access, `uninstall ${randomUUID()}`);
    try {
      const removal = {
        client: createClient(transport, fieldManager),
        server: reached.access.server,
        dry: line.own.has('dry-run'),
        shell,
      };
      const ended = await removeRegistrations(removal);
      // Scrapes go only when nobody is asked any more: a failure above leaves everything as it works.
      if (!ended || !line.own.has('scrapes')) return ended ? 0 : 1;
      return (await removeScrapes(removal, settings)) ? 0 : 1;
    } finally {
      transport.close();
    }
  },
};

interface Uninstalling {
  readonly client: Client;
  /** Where the API server is. */
  readonly server: URL;
  readonly dry: boolean;
  readonly shell: Pick<Shell, 'out' | 'err'>;
}

/** One object that is to go. */
interface OwnedObject {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

async function removeRegistrations(removal: Uninstalling): Promise<boolean> {
  let well = true;
  let count = 0;
  for (const resource of registrations) {
    const found = await listed(removal, resource, `${standardLabels.name}=autoscrape`, () => true);
    if (found === 'away') return false;
    count += found?.length ?? 0;
    well = found !== undefined && (await removeAll(removal, found)) && well;
  }
  if (well && count === 0) removal.shell.out('there is no registration of autoscrape to remove\n');
  return well;
}

/** The scrapes with our label and our field manager; those of others that carry the label stay. */
async function removeScrapes(removal: Uninstalling, settings: PipelineSettings): Promise<boolean> {
  const label = `${standardLabels.managedBy}=${settings.scrapes.managedBy}`;
  const found = await listed(removal, resources.scrapes, label, (object) => {
    const scrape = parseScrape(object);
    return scrape !== undefined && isOurs(scrape, settings);
  });
  return found !== undefined && found !== 'away' && removeAll(removal, found);
}

/** Undefined where they could not be listed, `away` where the API server did not answer; either was told. */
async function listed(
  { client, server, shell }: Uninstalling,
  resource: Resource,
  labelSelector: string,
  isMeant: (object: unknown) => boolean,
): Promise<OwnedObject[] | 'away' | undefined> {
  const found: OwnedObject[] = [];
  let next = '';
  do {
    const page = await client.page(resource, { labelSelector }, 500, next);
    if (!page.ok) {
      // Without the resource there is nothing of it to remove; but a 404 alone may be anybody's.
      const maybe = isNotFound(page.error) && !isBuiltIn(resource);
      if (maybe && (await presenceOf(client, resource)) === 'absent') return [];
      const away = awayText(server, page.error);
      if (away !== undefined) {
        shell.err(`${away}\n`);
        return 'away';
      }
      shell.err(`${resource.plural} can't be listed: ${page.error.message}\n`);
      return undefined;
    }
    for (const object of page.value.items) {
      if (isMeant(object)) found.push(foundIn(resource, object));
    }
    next = page.value.next;
  } while (next !== '');
  return found;
}

function foundIn(resource: Resource, object: unknown): OwnedObject {
  const metadata = field(object, 'metadata');
  const text = (key: string): string => {
    const value = field(metadata, key);
    return typeof value === 'string' ? value : '';
  };
  return {
    resource,
    namespace: text('namespace'),
    name: text('name'),
    uid: text('uid'),
    resourceVersion: text('resourceVersion'),
  };
}

async function removeAll(
  { client, dry, shell }: Uninstalling,
  all: readonly OwnedObject[],
): Promise<boolean> {
  let well = true;
  for (const { resource, namespace, name, uid, resourceVersion } of all) {
    const where = namespace === '' ? name : `${namespace}/${name}`;
    if (dry) {
      shell.out(`would remove ${resource.plural} ${where}\n`);
      continue;
    }
    const result = await client.remove(resource, namespace, name, { uid, resourceVersion });
    if (result.ok || isGone(result.error, name)) {
      shell.out(`removed ${resource.plural} ${where}\n`);
    } else {
      well = false;
      shell.err(`${resource.plural} ${where} can't be removed: ${words(result.error)}\n`);
    }
  }
  return well;
}

function words({ status, message }: ApiError): string {
  return status === 409 ? `${message}; it has changed meanwhile, try again` : message;
}
