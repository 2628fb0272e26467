/** A source's name as a name of the model: `[a-z][a-z0-9_]*`. 'Order Details' becomes order_details. */
export function modelName(physical: string): string {
  const plain = physical
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_+|_+$/g, '');
  if (plain === '') return 'x';
  return /^[a-z]/.test(plain) ? plain : `x_${plain}`;
}

/** Names for all of these, each different: a later one that would be the same gets a number. */
export function distinctNames(wanted: readonly string[]): string[] {
  const taken = new Set<string>();
  return wanted.map((name) => {
    let free = name;
    for (let n = 2; taken.has(free); n++) free = `${name}_${n}`;
    taken.add(free);
    return free;
  });
}
