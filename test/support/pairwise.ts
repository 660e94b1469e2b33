/** One choice of each factor, by its index. */
export type Combination = Readonly<Record<string, number>>;

/**
 * Combinations in which every two choices of different factors meet at least once, with as few rows as a greedy search
 * finds, and always the same ones.
 *
 * @param factors the choices of each factor
 */
export function pairwise(factors: Readonly<Record<string, readonly unknown[]>>): Combination[] {
  const names = Object.keys(factors);
  const open = new Set<string>();
  const pair = (one: string, a: number, other: string, b: number): string =>
    one < other ? `${one}=${a} ${other}=${b}` : `${other}=${b} ${one}=${a}`;
  const each = (name: string): number[] => (factors[name] ?? []).map((_choice, index) => index);
  for (const [index, one] of names.entries()) {
    for (const other of names.slice(index + 1)) {
      for (const a of each(one)) for (const b of each(other)) open.add(pair(one, a, other, b));
    }
  }
  const rows: Combination[] = [];
  while (open.size > 0) {
    const row: Record<string, number> = {};
    // The first pair that is open begins the row; each further factor takes what closes most.
    for (const part of ([...open][0] ?? '').split(' ')) {
      const [name = '', choice = ''] = part.split('=');
      row[name] = Number(choice);
    }
    for (const name of names.filter((one) => row[one] === undefined)) {
      const closes = (choice: number): number =>
        Object.entries(row).filter(([other, b]) => open.has(pair(name, choice, other, b))).length;
      const best = each(name).sort((a, b) => closes(b) - closes(a) || a - b)[0];
      row[name] = best ?? 0;
    }
    for (const [one, a] of Object.entries(row)) {
      for (const [other, b] of Object.entries(row))
        if (one < other) open.delete(pair(one, a, other, b));
    }
    rows.push(row);
  }
  return rows;
}
