import type { Engine } from '../../engine/engine.ts';
import { capture } from './capture.ts';
import { catalogue } from './catalogue.ts';
import { connect } from './connection.ts';
import { postgresFacts } from './facts.ts';

export const postgres: Engine = { facts: postgresFacts, connect, catalogue, capture };
