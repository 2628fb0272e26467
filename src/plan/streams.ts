import { byCodePoint } from '../base/digest.ts';
import type { CaptureMode, EngineFacts, Facts } from '../engine/facts.ts';
import type { Finding } from '../findings/finding.ts';
import { finding } from '../findings/make.ts';
import { isTogether, own } from '../model/effective.ts';
import type { Container, Dataset, Datastore, Environment, Model } from '../model/model.ts';
import { chooseStore } from './route.ts';

/** A stream that runs in this environment, before anybody asked who reads it. */
export type StreamDraft = {
  /** The datastore's address; with `.dataset` where each dataset moves alone. */
  readonly stream: string;
  readonly datastore: Datastore;
  readonly mode: CaptureMode;
  readonly connection: string;
  /** By name, in order of it. */
  readonly datasets: ReadonlyMap<string, Dataset>;
  readonly source: {
    readonly container: string;
    readonly facts: EngineFacts;
    readonly fields: Container['fields'];
  };
  readonly store: {
    readonly container: string;
    readonly facts: EngineFacts;
    readonly durability: Container['durability'];
    readonly layout: Container['layout'];
  };
  readonly why: readonly string[];
};

/** The streams of an environment. A datastore whose connection it does not bind does not run, and a finding says so. */
export function streamsOf(
  model: Model,
  environment: Environment,
  facts: Facts,
  sizes: Readonly<Record<string, number>>,
): { readonly streams: readonly StreamDraft[]; readonly findings: readonly Finding[] } {
  const streams: StreamDraft[] = [];
  const findings: Finding[] = [];
  const datastores = Object.values(model.datastores).sort((a, b) => byCodePoint(a.address, b.address));
  for (const datastore of datastores) {
    const { source, changes } = datastore;
    // Of one that is gone its tombstones are left.
    if (Object.keys(datastore.datasets).length === 0) continue;
    if (source === undefined || changes.mode === 'output') {
      findings.push(notRunYet(datastore));
      continue;
    }
    const bound = own(environment.connections, source);
    if (bound === undefined) {
      findings.push(unbound(datastore, environment));
      continue;
    }
    const sourceFacts = own(facts, bound.engine);
    if (sourceFacts === undefined || !sourceFacts.captures.includes(changes.mode)) {
      findings.push(cannotCapture(datastore, bound.engine, sourceFacts));
      continue;
    }
    for (const [stream, datasets] of movingTogether(datastore)) {
      const store = chooseStore(stream, datastore, datasets, environment, facts, sizes);
      if (store.kind === 'none') findings.push(store.finding);
      else
        streams.push({
          stream,
          datastore,
          mode: changes.mode,
          connection: source,
          datasets,
          source: { container: `connection:${source}`, facts: sourceFacts, fields: bound.fields },
          store: {
            container: store.container,
            facts: store.facts,
            durability: store.durability,
            layout: store.layout,
          },
          why: store.why,
        });
    }
  }
  return { streams, findings };
}

function movingTogether(datastore: Datastore): readonly (readonly [string, ReadonlyMap<string, Dataset>])[] {
  const datasets = Object.entries(datastore.datasets).sort(([a], [b]) => byCodePoint(a, b));
  return isTogether(datastore)
    ? [[datastore.address, new Map(datasets)]]
    : datasets.map(([name, dataset]) => [`${datastore.address}.${name}`, new Map([[name, dataset]])]);
}

/** A transformer is judged by the gate; this release does not run it. */
function notRunYet(datastore: Datastore): Finding {
  return finding({
    rule: 'transformer-not-run',
    severity: 'warning',
    address: datastore.address,
    message: `datastore '${datastore.address}' is made by transformer '${datastore.changes.transformer ?? ''}', and this release runs no transformers, so it has no rows.`,
    help: 'The gate judges it; its rows come with a later release.',
  });
}

function unbound(datastore: Datastore, environment: Environment): Finding {
  return finding({
    rule: 'unbound-connection',
    severity: 'warning',
    address: datastore.address,
    message: `environment '${environment.name}' binds no connection '${datastore.source}', so datastore '${datastore.address}' does not run there.`,
    help: `Add  ${datastore.source}: postgres({ ... })  to the connections of environment '${environment.name}', where it should run.`,
  });
}

function cannotCapture(datastore: Datastore, engine: string, facts: EngineFacts | undefined): Finding {
  const { mode } = datastore.changes;
  return finding({
    rule: 'capture-not-offered',
    address: datastore.address,
    message:
      facts === undefined
        ? `connection '${datastore.source}' is on engine '${engine}', which this version does not know.`
        : `datastore '${datastore.address}' reads changes by ${mode}(), which ${facts.title} does not offer.`,
    help:
      facts === undefined
        ? 'Bind the connection to an engine that this version knows.'
        : `Choose one of: ${facts.captures.map((capture) => `${capture}()`).join(', ') || 'none; it cannot be a source'}.`,
  });
}
