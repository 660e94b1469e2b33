import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { builtInCatalogue } from '../../src/catalogue/index.ts';
import { defaultRegistration, registration } from '../../src/registration/index.ts';
import { type ControlPlane, startControlPlane } from '../../tools/control-plane.ts';
import { request } from '../../tools/http.ts';
import { type Autoscrape, startAutoscrape } from '../support/autoscrape.ts';
import { api, makeNamespace } from '../support/control-plane.ts';
import { until } from '../support/processes.ts';
import { register } from '../support/registered.ts';

let plane: ControlPlane;
let running: Autoscrape | undefined;

/** A control plane of its own: its registration leads nowhere for a while. */
beforeAll(async () => {
  plane = await startControlPlane({ label: 'probe', controllerManager: false, audit: false });
});

afterEach(async () => {
  await running?.stop();
  running = undefined;
});

afterAll(async () => {
  await plane?.stop();
});

/** Starts autoscrape with the probe. */
async function started(): Promise<{ readonly webhook: Autoscrape; readonly namespace: string }> {
  const namespace = await makeNamespace(plane, 'probe');
  running = await startAutoscrape(plane.kubeconfig, [
    `--probe-namespace=${namespace}`,
    `--kubernetes-namespace=${namespace}`,
  ]);
  return { webhook: running, namespace };
}

/** The registration of the webhook, at whatever address. */
function at(url: string, { ca }: Autoscrape) {
  return registration(builtInCatalogue(), { ...defaultRegistration, reach: { url }, caBundle: ca });
}

async function page({ pages }: Autoscrape, path: string): Promise<string> {
  return (await request(`${pages}${path}`)).body;
}

/** The value of the gauge; undefined while it is absent. */
async function reached(webhook: Autoscrape): Promise<string | undefined> {
  return /^autoscrape_webhook_reached(?:\{.*\})? (\S+)$/m.exec(
    await page(webhook, '/metrics'),
  )?.[1];
}

/** The reviews that are counted. */
async function admissions(webhook: Autoscrape): Promise<number> {
  const lines = (await page(webhook, '/metrics')).matchAll(
    /^autoscrape_admission_duration_seconds_count\{.*\} (\d+)$/gm,
  );
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

test('a webhook that the API server reaches is told as that, and the try leaves nothing behind', async () => {
  const { webhook, namespace } = await started();
  const before = { asked: 0 };
  await register(plane, at(webhook.url, webhook), async () => {
    before.asked = await admissions(webhook);
    return before.asked > 0;
  });
  await until(async () => (await reached(webhook)) !== undefined);
  expect(await reached(webhook)).toBe('1');
  const services = await api(plane, 'GET', `/api/v1/namespaces/${namespace}/services`);
  const status = await page(webhook, '/status.json');
  expect({
    asked: await admissions(webhook),
    stored: services.body,
    told: status.includes('autoscrape-probe'),
    ready: (await page(webhook, '/readyz')).includes('"reached"'),
  }).toMatchObject({ asked: before.asked, stored: { items: [] }, told: false, ready: false });
});

test('a registration that leads nowhere is told by metric, page and readiness; the pod stays ready', async () => {
  const { webhook } = await started();
  const { mutating, validating } = at('https://127.0.0.1:1', webhook);
  await register(plane, { mutating, validating }, () => true);
  await until(async () => (await reached(webhook)) === '0');
  const answer = await request(`${webhook.pages}/readyz`);
  expect(answer.status).toBe(200);
  expect(answer.body).toContain('the API server does not reach the webhook');
  expect(await page(webhook, '/status.json')).toContain('does not reach the webhook');
});
