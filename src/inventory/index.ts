export { Inventory, type Kind } from './inventory.ts';
