/** Names of the model for names of a source, in order: `CustomerID` gives `customer_id`; a name taken gets a number. */
export function modelNames(physical: readonly string[]): string[] {
  const wanted = physical.map(modelName);
  const taken = new Set<string>();
  // A name that is fine as it stands keeps it, whatever comes before it.
  const first = wanted.map((name, index) => name === physical[index] && !taken.has(name) && Boolean(taken.add(name)));
  return wanted.map((name, index) => {
    if (first[index]) return name;
    let own = name;
    for (let number = 2; taken.has(own); number++) own = `${name}_${number}`;
    taken.add(own);
    return own;
  });
}

function modelName(physical: string): string {
  const words = physical
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9_]+/g, '_');
  const name = words === physical ? words : words.replace(/^_+|_+$/g, '').replace(/__+/g, '_');
  return /^[a-z]/.test(name) ? name : `c_${name}`.replace(/_+$/, '').replace(/^c$/, 'column');
}
