import { beforeAll } from 'vitest';
import { engineConforms } from '../../engine/conformance/suite.ts';
import type { Access } from '../../engine/engine.ts';
import { postgres } from './engine.ts';
import { testServer } from './testing/server.ts';

let access: Access;
beforeAll(async () => {
  const server = await testServer();
  access = server.access(await server.createDatabase('conformance'));
});

engineConforms(postgres, { access: async () => access });
