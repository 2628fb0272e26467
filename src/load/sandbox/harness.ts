/**
 * The first module of every evaluation: it keeps what it needs, removes what a model has no use for (the clock, chance,
 * evaluation of text), freezes the rest, and gives the walker by which values leave. It runs before author code, which
 * can reach none of its variables.
 *
 * walk: JSON text { exports: [{ name, value }] } or { failure: { what, path, mark } }; `path` within the export, `mark` its own. Own data properties only; objects made
 * by a word of the language carry '@': 'file:offset'. What another module exports is a reference and is left out.
 */
export const harnessSource = `
const { getOwnPropertyDescriptor, getOwnPropertyNames, getOwnPropertySymbols, getPrototypeOf, defineProperty, freeze, keys } = Object;
const { isArray } = Array;
const { stringify, parse } = JSON;
const { isFinite } = Number;
const Pattern = RegExp;
const objectPrototype = Object.prototype;
const marks = new Map();
/** Names as members are written: most names of a model are in it many times. */
const written = { __proto__: null };

const allowed = new Set(['Object', 'Error', 'EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError',
  'InternalError', 'AggregateError', 'Iterator', 'Array', 'parseInt', 'parseFloat', 'isNaN', 'isFinite', 'decodeURI',
  'decodeURIComponent', 'encodeURI', 'encodeURIComponent', 'Infinity', 'NaN', 'undefined', 'Number', 'Boolean', 'String',
  'Math', 'Symbol', 'globalThis', 'RegExp', 'JSON', 'Map', 'Set', 'BigInt']);
for (const name of getOwnPropertyNames(globalThis)) if (!allowed.has(name)) delete globalThis[name];
delete Math.random;
const made = [function () {}, function* () {}, async function () {}, async function* () {}];
for (const one of made) defineProperty(getPrototypeOf(one), 'constructor', { value: undefined, writable: false, configurable: false });

const seen = new Set();
const reached = [globalThis, ...made, [][Symbol.iterator](), new Map().entries(), new Set().entries(), ''[Symbol.iterator](), ''.matchAll(/x/g), made[1](), made[2]()];
while (reached.length > 0) {
  const one = reached.pop();
  if (one === null || (typeof one !== 'object' && typeof one !== 'function') || seen.has(one)) continue;
  seen.add(one);
  reached.push(getPrototypeOf(one));
  for (const name of [...getOwnPropertyNames(one), ...getOwnPropertySymbols(one)]) {
    const own = getOwnPropertyDescriptor(one, name);
    if (own === undefined) continue;
    reached.push(own.value, own.get, own.set);
  }
}
seen.forEach((one) => freeze(one));

export function at(file, offset, value) {
  if (typeof value === 'object' && value !== null && !marks.has(value)) marks.set(value, file + ':' + offset);
  return value;
}

const isObject = (value) => typeof value === 'object' && value !== null;
const ownValue = (value, key) => {
  const own = getOwnPropertyDescriptor(value, key);
  return own === undefined ? undefined : own.value;
};
const isNoun = (value) => isObject(value) && typeof ownValue(value, 'freehold') === 'string';

export function walk(root, others, limit) {
  const foreign = new Set();
  for (let i = 0; i < others.length; i++) {
    const names = keys(others[i]);
    for (let k = 0; k < names.length; k++) {
      const value = others[i][names[k]];
      if (!isObject(value)) continue;
      foreign.add(value);
      if (isArray(value)) for (let e = 0; e < value.length && e < 100000; e++) foreign.add(ownValue(value, e));
    }
  }
  const chunks = [];
  let count = 0;
  let size = 0;
  const path = ['', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '', ''];
  let deep = 0;
  const failed = {};
  let what = '';
  let current = null;
  const fail = (text) => { what = text; throw failed; };
  const put = (text) => {
    size += text.length;
    if (size > limit) fail('is larger than ' + limit + ' characters when written out');
    chunks[count++] = text;
  };
  // Is it plain through and through, without a mark? Then native code writes it, the same and five times faster: nothing in
  // it is computed, and nothing in it or its prototypes says how it is written.
  let least = 0;
  const isPlain = (value, depth) => {
    switch (typeof value) {
      case 'string': least += value.length; return true;
      case 'boolean': case 'undefined': return true;
      case 'number': return isFinite(value);
      case 'object': break;
      default: return false;
    }
    if (value === null) return true;
    if (depth > 40 || marks.has(value) || 'toJSON' in value) return false;
    if (isArray(value)) {
      const length = ownValue(value, 'length');
      for (let i = 0; i < length; i++) {
        if (size + ++least > limit) return false;
        const own = getOwnPropertyDescriptor(value, i);
        if (own !== undefined && (own.get !== undefined || own.set !== undefined || !isPlain(own.value, depth + 1))) return false;
      }
      return true;
    }
    const prototype = getPrototypeOf(value);
    if (prototype !== null && prototype !== objectPrototype && !isNoun(value)) return false;
    const names = keys(value);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      if (written[name] === undefined) {
        if (name === '__proto__' || name[0] === '@') return false;
        written[name] = stringify(name) + ':';
      }
      const own = getOwnPropertyDescriptor(value, name);
      if (own === undefined || own.get !== undefined || own.set !== undefined) return false;
      const member = own.value;
      if (typeof member === 'string') least += member.length;
      else if (member !== true && !isPlain(member, depth + 1)) return false;
      least += name.length;
    }
    return size + least <= limit;
  };
  const emit = (value, depth) => {
    if (depth > 40) fail('is nested deeper than 40, or contains itself');
    switch (typeof value) {
      case 'string': return put(stringify(value));
      case 'boolean': return put(value ? 'true' : 'false');
      case 'number': return isFinite(value) ? put('' + value) : fail('is no finite number');
      case 'object': break;
      case 'undefined': return put('null');
      default: return fail('is a ' + typeof value + ', and a model is plain data');
    }
    if (value === null) return put('null');
    least = 0;
    if (isPlain(value, depth)) return put(stringify(value));
    if (isArray(value)) {
      put('[');
      const length = ownValue(value, 'length');
      for (let i = 0; i < length; i++) {
        if (i > 0) put(',');
        path[depth] = i;
        deep = depth + 1;
        const own = getOwnPropertyDescriptor(value, i);
        if (own === undefined) put('null');
        else if (own.get !== undefined || own.set !== undefined) computed();
        else emit(own.value, depth + 1);
        deep = depth + 1;
      }
      return put(']');
    }
    const prototype = getPrototypeOf(value);
    if (prototype !== null && prototype !== objectPrototype && !isNoun(value)) fail('is no plain object');
    put('{');
    let first = true;
    const mark = marks.get(value);
    if (mark !== undefined) { put('"@":' + stringify(mark)); first = false; }
    const names = keys(value);
    for (let i = 0; i < names.length; i++) {
      const name = names[i];
      const own = getOwnPropertyDescriptor(value, name);
      const member = own === undefined ? undefined : own.value;
      const isComputed = own !== undefined && (own.get !== undefined || own.set !== undefined);
      if (own !== undefined && member === undefined && !isComputed) continue;
      path[depth] = name;
      deep = depth + 1;
      let text = written[name];
      if (text === undefined) {
        if (name === '__proto__' || name[0] === '@') fail('has a name that no member may have');
        text = written[name] = stringify(name) + ':';
      }
      put(first ? text : ',' + text);
      first = false;
      if (isComputed) computed();
      emit(member === undefined ? null : member, depth + 1);
      deep = depth + 1;
    }
    put('}');
  };
  const computed = () => fail('is computed when read (a getter), and a model is plain data');
  try {
    put('{"exports":[');
    let first = true;
    const names = keys(root);
    for (let i = 0; i < names.length; i++) {
      const value = root[names[i]];
      const list = isArray(value) ? value : [value];
      const length = ownValue(list, 'length');
      for (let e = 0; e < length; e++) {
        const one = ownValue(list, e);
        if (!isNoun(one) || foreign.has(one)) continue;
        put((first ? '' : ',') + '{"name":' + stringify(names[i]) + ',"value":');
        first = false;
        current = one;
        deep = 0;
        emit(one, 0);
        put('}');
      }
    }
    put(']}');
  } catch (error) {
    if (error === failed) {
      const steps = [];
      for (let i = 0; i < deep && i < 42; i++) steps[i] = path[i];
      // The nearest word around it, and how much of the way leads there.
      let mark = marks.get(current);
      let from = 0;
      let value = current;
      for (let i = 0; i < steps.length; i++) {
        const own = getOwnPropertyDescriptor(value, steps[i]);
        if (own === undefined || !isObject(own.value)) break;
        value = own.value;
        if (marks.get(value) === undefined) continue;
        mark = marks.get(value);
        from = i + 1;
      }
      return stringify({ failure: { what, path: steps, mark: mark ?? null, from } });
    }
    throw error;
  }
  return chunks.join('');
}

/** [{ pattern, flags }], names -> for each pattern the indexes of the names that it finds itself in. */
export function matches(text) {
  const { patterns, names } = parse(text);
  const found = [];
  for (let p = 0; p < patterns.length; p++) {
    const expression = new Pattern(patterns[p].pattern, patterns[p].flags);
    const indexes = [];
    for (let i = 0; i < names.length; i++) {
      expression.lastIndex = 0;
      if (expression.test(names[i])) indexes[indexes.length] = i;
    }
    found[found.length] = indexes;
  }
  return stringify(found);
}
`;
