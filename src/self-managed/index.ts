export { certificateManager, Keeper, type KeeperOptions } from './keeper.ts';
export { certificateSecret } from './source.ts';
