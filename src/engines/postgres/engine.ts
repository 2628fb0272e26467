import type { Engine } from '../../engine/engine.ts';
import { connect } from './connection.ts';
import { postgresFacts } from './facts.ts';

export const postgres: Engine = {
  facts: postgresFacts,
  connect,
  catalogue: () => Promise.resolve({ tables: [] }),
  capture: null,
};
