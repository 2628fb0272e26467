import type { Engine } from '../../engine/engine.ts';
import { capture } from './capture.ts';
import { catalogue } from './catalogue.ts';
import { connect } from './connection.ts';
import { mysqlFacts } from './facts.ts';

export const mysql: Engine = { facts: mysqlFacts, connect, catalogue, capture };
