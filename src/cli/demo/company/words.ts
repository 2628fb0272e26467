/** Words of the company's life, in many scripts: what is typed into real databases is not ASCII. */

/** code, name, name in its own language, currency, tax in percent, dialling code, do we deliver there. */
export const countries = [
  ['AT', 'Austria', 'Österreich', 'EUR', '20.00', 43, true],
  ['BE', 'Belgium', 'België / Belgique', 'EUR', '21.00', 32, true],
  ['BG', 'Bulgaria', 'България', 'EUR', '20.00', 359, true],
  ['CH', 'Switzerland', 'Schweiz / Suisse', 'CHF', '8.10', 41, true],
  ['CZ', 'Czechia', 'Česko', 'CZK', '21.00', 420, true],
  ['DE', 'Germany', 'Deutschland', 'EUR', '19.00', 49, true],
  ['DK', 'Denmark', 'Danmark', 'DKK', '25.00', 45, true],
  ['EE', 'Estonia', 'Eesti', 'EUR', '24.00', 372, true],
  ['ES', 'Spain', 'España', 'EUR', '21.00', 34, true],
  ['FI', 'Finland', 'Suomi', 'EUR', '25.50', 358, true],
  ['FR', 'France', 'France', 'EUR', '20.00', 33, true],
  ['GB', 'United Kingdom', 'United Kingdom', 'GBP', '20.00', 44, true],
  ['GR', 'Greece', 'Ελλάδα', 'EUR', '24.00', 30, true],
  ['IE', 'Ireland', 'Éire', 'EUR', '23.00', 353, true],
  ['IL', 'Israel', 'ישראל', 'ILS', '18.00', 972, false],
  ['IN', 'India', 'भारत', 'INR', '18.00', 91, false],
  ['IS', 'Iceland', 'Ísland', 'ISK', '24.00', 354, true],
  ['IT', 'Italy', 'Italia', 'EUR', '22.00', 39, true],
  ['JP', 'Japan', '日本', 'JPY', '10.00', 81, false],
  ['KR', 'South Korea', '대한민국', 'KRW', '10.00', 82, false],
  ['NL', 'Netherlands', 'Nederland', 'EUR', '21.00', 31, true],
  ['NO', 'Norway', 'Norge', 'NOK', '25.00', 47, true],
  ['PL', 'Poland', 'Polska', 'PLN', '23.00', 48, true],
  ['PT', 'Portugal', 'Portugal', 'EUR', '23.00', 351, true],
  ['SE', 'Sweden', 'Sverige', 'SEK', '25.00', 46, true],
  ['TH', 'Thailand', 'ประเทศไทย', 'THB', '7.00', 66, false],
  ['UA', 'Ukraine', 'Україна', 'UAH', '20.00', 380, true],
  ['AQ', 'Antarctica', 'Antarctica', 'XXX', '0.00', null, false],
] as const;

export const givenNames = [
  ...[
    'Amélie',
    'Björn',
    'Chiara',
    'Dvořák',
    'Eszter',
    'François',
    'Grzegorz',
    'Hanne',
    'Ines',
    'Jörg',
    'Katarzyna',
    'Liam',
  ],
  ...[
    'Máire',
    'Nuño',
    'Oisín',
    'Pål',
    'Quirin',
    'Rūta',
    'Søren',
    'Þóra',
    'Ülle',
    'Vít',
    'Włodzimierz',
    'Zoë',
    "D'Arcy",
  ],
  ...[
    'Олена',
    'Борис',
    'Ελένη',
    'Νίκος',
    'דוד',
    'נועה',
    'أمينة',
    'अर्जुन',
    'सीता',
    '美咲',
    '健太',
    '민준',
    '서연',
    'สมชาย',
    '小明',
  ],
] as const;

export const familyNames = [
  ...[
    'Ångström',
    'Beránek',
    'Côté',
    "O'Brien",
    'von der Heide',
    'Fernández-Ruiz',
    'Gößwein',
    'Håkansson',
    'İnan',
    'Jäger',
  ],
  ...['Kovács', 'Łukasik', 'Müller', 'Nguyễn', 'Østergård', 'Papadopoulou', 'Ruíz', 'Šimek', 'Țuțu', 'van Dijk', 'Żak'],
  ...['Шевченко', 'Иванов', 'Παπαδάκης', 'לוי', 'شرف', 'शर्मा', '佐藤', '鈴木', '김', '박', 'ใจดี', '王'],
] as const;

export const goods = [
  ...[
    'Sencha',
    'Darjeeling',
    'Earl Grey',
    'Rooibos',
    'Genmaicha',
    'Oolong',
    'Assam',
    'Chai',
    'Matcha 抹茶',
    'Pu-erh 普洱',
  ],
  ...[
    'Notebook',
    'Fountain pen',
    'Ink',
    'Blotting paper',
    'Sealing wax',
    'Envelope',
    'Pencil №2',
    'Ruler',
    'Teapot',
    'Strainer',
  ],
] as const;

export const makers = [
  ...[
    'Larkspur',
    'Möwe & Sohn',
    'Hill "Top" Garden',
    'Čaj Praha',
    'Τσάι του βουνού',
    'さくら工房',
    'Двір',
    'Petit\\Grand',
  ],
] as const;

export const tags = [
  'organic',
  'fair trade',
  'new',
  'gift',
  'sale, 2 for 1',
  'limited "blue"',
  'grün',
  '🍃',
  '茶',
] as const;

export const notes = [
  'Please ring twice.',
  'Leave it with the neighbour, thanks 🙏',
  'Bitte nicht klingeln,\nBaby schläft 👶',
  'He said "no plastic", please.',
  '請放在門口',
  'Не згинати!',
  'C:\\post\\inbox',
  '',
  'a, b and c',
  '👩‍👩‍👧‍👦 birthday on Friday',
] as const;

export const opinions = [
  'Very good tea.',
  'Ordinary.',
  'Meh 😐',
  '최고예요!',
  'Smells of smoke; I like smoke.',
  'Το καλύτερο!',
  '"Fine"',
  'Ink leaks.\nTwice.',
  'すばらしい',
] as const;

export const depots = [
  ['BER1', 'Berlin Süd', 'DE', 52.4563, 13.4021],
  ['HAM1', 'Hamburg Hafen', 'DE', 53.5407, 9.9841],
  ['PRG1', 'Praha-Libeň', 'CZ', 50.1036, 14.4746],
  ['WAW1', 'Łódź Południe', 'PL', 51.7206, 19.4609],
  ['LYO1', 'Lyon Confluence', 'FR', 45.7407, 4.8159],
  ['ATH1', 'Αθήνα', 'GR', 37.9838, 23.7275],
  ['OSL1', 'Ås', 'NO', 59.6636, 10.7928],
  ['KYI1', 'Київ', 'UA', 50.4501, 30.5234],
] as const;

export const paths = [
  '/',
  '/tea',
  '/tea/sencha?size=100',
  '/stationery',
  '/cart',
  '/checkout',
  '/søk?q=blå',
  '/茶',
] as const;
