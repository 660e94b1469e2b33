import { PeprModule } from 'pepr';
import packageJson from './package.json';
import { scrapes } from './scrapes';

const module = new PeprModule(packageJson, [scrapes], { deferStart: true });
// Without a port of its own it would take 3000; while it is built there is nothing to start.
if (process.env.PEPR_MODE !== 'build') module.start(Number(process.env.PEPR_PORT));
