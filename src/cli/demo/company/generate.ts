import { seeded } from './random.ts';
import { countries, depots, familyNames, givenNames, goods, makers, notes, opinions, paths, tags } from './words.ts';

/** A value as PostgreSQL reads it from csv; null is null. */
export type Cell = string | number | boolean | null;
export type CompanyRows = Readonly<Record<string, readonly (readonly Cell[])[]>>;

const openedMs = Date.UTC(2025, 2, 1, 8);
const lastMs = Date.UTC(2026, 2, 1, 8);
const scanKinds = ['picked up', 'sorted', 'loaded', 'at the door', 'handed over'] as const;

/** Rows of every table by `schema.table`, about 60,000 in all, columns as in schema.ts: the same for the same seed. */
export function generateCompany(seed: number): CompanyRows {
  const random = seeded(seed);
  const { between, isLucky, pick, bytes, uuid, unit } = random;
  const at = (fromMs = openedMs) => new Date(fromMs + Math.floor(unit() * (lastMs - fromMs)));
  const maybe = <T>(chance: number, value: () => T): T | null => (isLucky(chance) ? value() : null);

  const customers = Array.from({ length: 4_000 }, (_, n): readonly Cell[] => {
    const [code] = pick(countries);
    return [
      uuid(),
      `${pick(['tea', 'ink', 'post', 'büro'])}.${n}@example.${pick(['org', 'com', 'net'])}`,
      `${pick(givenNames)} ${pick(familyNames)}`,
      code,
      maybe(0.7, () =>
        new Date(Date.UTC(between(1930, 2008), between(0, 11), between(1, 28))).toISOString().slice(0, 10),
      ),
      pick(['guest', 'regular', 'regular', 'gold']),
      maybe(0.9, () => isLucky(0.4)),
      JSON.stringify({
        language: pick(['en', 'de', 'cs', 'ελ']),
        colours: [pick(tags), null],
        size: between(1, 9) / 4,
      }),
      maybe(0.8, () => Math.fround(unit() * 2 - 1)),
      maybe(0.1, () => hex(bytes(between(0, 40)))),
      at().toISOString(),
    ];
  });

  const products = Array.from({ length: 600 }, (_, n): readonly Cell[] => {
    const price = between(90, 25_000);
    return [
      `LK-${String(n + 1).padStart(5, '0')}`,
      `${pick(makers)} ${pick(goods)}${isLucky(0.1) ? ' ✨' : ''}`,
      money(price),
      maybe(0.5, () => `0.${between(1, 999_999_999)}${between(1, 999_999_999)}${between(1, 999_999_999)}`),
      between(1, 4_000) / 1_000,
      maybe(0.1, () => pick([12, 16, 18])),
      maybe(0.6, () => `${between(1, 3)} years ${between(0, 11)} mons ${between(0, 20)} days`),
      array(Array.from({ length: between(0, 3) }, () => pick(tags))),
      maybe(0.4, () => array([between(10, 99), isLucky(0.2) ? null : between(10, 99)])),
      maybe(
        0.7,
        () => `{"origin": "${pick(['Uji', 'Assam', '武夷山'])}", "leaf":  ${between(1, 5)}.50, "tins": [50, 100]}`,
      ),
      // Large enough to be stored out of line in some rows, and incompressible.
      maybe(0.3, () => hex(bytes(isLucky(0.3) ? 4_000 : 64))),
      maybe(0.5, () => `${pick(['12', '15', '17'])}:${pick(['00', '30'])}:00`),
      at().toISOString().slice(0, 10),
      at().toISOString().slice(0, 23).replace('T', ' '),
    ];
  });

  const orders: (readonly Cell[])[] = [];
  const lines: (readonly Cell[])[] = [];
  const parcels: (readonly Cell[])[] = [];
  const scans: (readonly Cell[])[] = [];
  for (let id = 1; id <= 8_000; id++) {
    const customer = pick(customers);
    const placed = at();
    let cents = 0;
    for (let line = 1; line <= between(1, 4); line++) {
      const product = pick(products);
      const quantity = between(1, 5);
      cents += quantity * Math.round(Number(product[2]) * 100);
      lines.push([
        id,
        line,
        product[0] ?? null,
        quantity,
        product[2] ?? null,
        maybe(0.2, () => pick(['0.1', '0.125', '0.33333333333333333333', '5'])),
      ]);
    }
    const isSent = isLucky(0.75);
    orders.push([
      id,
      customer[0] ?? null,
      isSent ? pick(['sent', 'sent', 'sent', 'returned']) : pick(['placed', 'paid', 'packed']),
      money(cents),
      pick(['EUR', 'EUR', 'CHF', 'GBP']),
      maybe(0.1, () => `TEA${between(5, 30)}`),
      maybe(0.2, () => pick(notes)),
      isLucky(0.15),
      maybe(0.2, () => `${between(8, 20)}:00:00`.padStart(8, '0')),
      maybe(0.3, () => `${between(1, 9)} days`),
      placed.toISOString(),
    ]);
    if (!isSent) continue;
    const parcel = parcels.length + 1;
    const steps = between(1, 5);
    const [depot] = pick(depots);
    let scanned = placed.getTime() + between(1, 48) * 3_600_000;
    for (let step = 1; step <= steps; step++) {
      scans.push([
        parcel,
        step,
        step === 1 ? depot : pick(depots)[0],
        scanKinds[step - 1] ?? null,
        maybe(0.8, () => (isLucky(0.01) ? 'NaN' : Math.fround(between(-100, 350) / 10))),
        new Date(scanned).toISOString(),
      ]);
      scanned += between(10, 30_000) * 1_000;
    }
    parcels.push([
      parcel,
      id,
      depot,
      `LK${String(parcel).padStart(9, '0')}${pick(['DE', 'CZ', 'PL'])}`,
      (between(50, 30_000) / 1_000).toFixed(3),
      array([between(5, 80), between(5, 60), between(1, 40)]),
      steps === 5 ? hex(bytes(24)) : null,
      `${between(1, 5)} days ${between(0, 23)}:30:00`,
      steps === 5 ? new Date(scanned).toISOString() : null,
    ]);
  }

  const reviewed = new Set<string>();
  const reviews = Array.from({ length: 3_000 }, () => [pick(customers)[0] ?? null, pick(products)[0] ?? null] as const)
    .filter(([customer, sku]) => {
      const both = `${customer} ${sku}`;
      return !reviewed.has(both) && reviewed.add(both);
    })
    .map(([customer, sku]): readonly Cell[] => [
      customer,
      sku,
      between(1, 5),
      maybe(0.8, () => pick(opinions)),
      between(0, 90),
      at().toISOString().replace('T', ' ').replace('Z', ''),
    ]);

  const sessions = Array.from({ length: 900 }, uuid);
  return {
    'shop.countries': countries,
    'shop.customers': customers,
    'shop.products': products,
    'shop.orders': orders,
    'shop.order_lines': lines,
    'shop.reviews': reviews,
    'shop.page_views': Array.from({ length: 5_000 }, () => [
      at().toISOString(),
      pick(sessions),
      pick(paths),
      Math.fround(unit() * 300),
      maybe(0.3, () => pick(['https://example.org/?q=tea', 'https://example.com/茶'])),
    ]),
    'parcel.depots': depots.map((depot) => [...depot, '06:00:00', '22:30:00', array(['2025-12-25', '2026-01-01'])]),
    'parcel.parcels': parcels,
    'parcel.parcel_scans': scans,
    'parcel.shifts': Array.from({ length: 40 * 30 }, (_, n) => [
      Math.floor(n / 30) + 1,
      new Date(lastMs - (n % 30) * 86_400_000).toISOString().slice(0, 10),
      pick(depots)[0],
      money(between(400, 1_000)),
      maybe(0.8, () => `van ${between(1, 20)} 🚐`),
    ]),
  };
}

function money(cents: number): string {
  return (cents / 100).toFixed(2);
}

function hex(bytes: Buffer): string {
  return `\\x${bytes.toString('hex')}`;
}

/** PostgreSQL's text of an array. */
function array(items: readonly (string | number | null)[]): string {
  const item = (each: string | number | null) =>
    typeof each === 'string' ? `"${each.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"` : String(each);
  return `{${items.map(item).join(',')}}`;
}
