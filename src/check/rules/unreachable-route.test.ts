import { expect, test } from 'vitest';
import { found } from '../testing/found.ts';
import { container, testModel } from '../testing/model.ts';

const stores = { main: container(), lake: container(), more: container() };
const routed = (...route: { larger?: string; to: string }[]) => found(testModel({ prod: { stores, route } }));

test('a line after one that takes everything, or all that is as large', () => {
  const to = { to: 'more' };
  expect(
    routed({ larger: '1GB', to: 'lake' }, { larger: '5GB', to: 'main' }, to, { larger: '2TB', to: 'lake' }),
  ).toEqual([
    "error unreachable-route environment:prod: line 2 of the route of environment 'prod', to store 'main', is never met: a line before it takes all that is as large.",
    "error unreachable-route environment:prod: line 4 of the route of environment 'prod', to store 'lake', is never met: a line before it takes everything.",
  ]);
});

test('the largest first', () => {
  expect(routed({ larger: '5TB', to: 'lake' }, { larger: '1GB', to: 'main' }, { to: 'more' })).toEqual([]);
});

test('a store that no line leads to is a warning', () => {
  expect(routed({ larger: '5TB', to: 'lake' }, { to: 'main' })).toEqual([
    "warning unreachable-route environment:prod: store 'more' of environment 'prod' is on no line of the route, so nothing will ever rest there.",
  ]);
});
