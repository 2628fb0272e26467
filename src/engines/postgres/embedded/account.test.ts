import { expect, test } from 'vitest';
import { serverAccount } from './account.ts';

const passwd = 'root:x:0:0:root:/root:/bin/bash\nnobody:*:-2:-2:Unprivileged User:/var/empty:/usr/bin/false\n';

test('an ordinary user runs the server as itself', () => {
  expect(serverAccount({ uid: 1000, gid: 1001, userName: () => 'ada', passwd: () => passwd })).toEqual({
    uid: 1000,
    gid: 1001,
    name: 'ada',
    drop: false,
  });
});

test('root runs the server as nobody, however its number is written', () => {
  expect(serverAccount({ uid: 0, gid: 0, userName: () => 'root', passwd: () => passwd })).toEqual({
    uid: 4294967294,
    gid: 4294967294,
    name: 'nobody',
    drop: true,
  });
});

test('a uid without a name is told to give a server of its own', () => {
  expect(() => serverAccount({ uid: 54321, gid: 0, userName: () => null, passwd: () => passwd })).toThrow(
    /uid 54321.*--postgres URL/,
  );
});
