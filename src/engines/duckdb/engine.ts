import type { Engine } from '../../engine/engine.ts';
import { catalogue } from './catalogue.ts';
import { connect } from './connection.ts';
import { duckdbFacts } from './facts.ts';

export const duckdb: Engine = {
  facts: duckdbFacts,
  connect,
  catalogue,
  capture: null,
};
