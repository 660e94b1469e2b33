export { admitFor } from './admit.ts';
export * from './routes.ts';
export * from './types.ts';
