/**
 * What blocks or runs because of each attribute of the model, and the file that does it: a reader outside of the rooms
 * that only hand the attribute on. `by`: the function of src/model through which that file reads it.
 */
export type Row = { readonly because: string; readonly reader: string; readonly by?: string };

export type Noun = {
  /** Its type in src/model/model.ts. */
  readonly noun: string;
  readonly owner: 'mesh' | 'zone' | 'team' | 'environment';
  readonly rows: Readonly<Record<string, Row>>;
};

/** A rule of `check` blocks. */
const rule = (name: string, because: string, by?: string): Row =>
  row(`\`${name}\`: ${because}`, `check/rules/${name}.ts`, by);

const row = (because: string, reader: string, by?: string): Row => ({
  because,
  reader,
  ...(by === undefined ? {} : { by }),
});

/** Words for people. */
const doc = row('`explain` shows it', 'plan/about.ts');
const tags = row('`explain` shows them; `bad-tag`', 'plan/about.ts');

export const nouns: readonly Noun[] = [
  {
    noun: 'Mesh',
    owner: 'mesh',
    rows: {
      name: rule('unknown-level', 'findings name it'),
      language: row('any other than 1 is refused while loading', 'load/read/nouns.ts'),
      doc,
      owner: row(
        'a change of it from elsewhere is `not-the-owner`; findings name the owner',
        'review/authorize.ts',
        'ownerOfParty',
      ),
      zones: rule('unknown-zone', 'objects of other zones are refused'),
      environments: rule('unlisted-environment', 'other environments are refused'),
      vendors: row('`unknown-location`: containers elsewhere are refused', 'check/locations.ts'),
      classification: rule('unknown-level', 'levels and labels that it does not have are refused'),
      'classification.levels': row('`clearance-too-low`: their order says who may read', 'check/levels.ts'),
      'classification.labels': rule('clearance-too-low', 'a labelled column is read by who holds the label'),
      regulators: rule('unknown-regulator', 'groups that name another are refused'),
      signers: row('whose signatures are the word of the mesh', 'review/signers.ts'),
      recovery: row('how a parent takes over what an owner left behind', 'review/recovery.ts'),
      'recovery.signatures': rule('recovery-out-of-reach', 'as many of its signers announce a recovery'),
      'recovery.waiting': row('so long a recovery lies in the open before it can be done', 'review/recovery.ts'),
    },
  },
  {
    noun: 'Signer',
    owner: 'zone',
    rows: {
      key: row('what it signed counts as the word of its party: consents', 'review/why-not-consent.ts'),
      from: row('before this day nothing counts that it signed', 'review/signers.ts'),
      until: row('after this day nothing counts that it signed', 'review/signers.ts'),
      revoked: row('from this day on nothing counts that it signed', 'review/signers.ts'),
    },
  },
  {
    noun: 'Regulator',
    owner: 'mesh',
    rows: {
      minimumRetention: rule('retention-below-minimum', 'its groups keep versions at least as long'),
      within: rule('outside-region', 'no store or serving replica of its groups stands elsewhere'),
    },
  },
  {
    noun: 'Label',
    owner: 'mesh',
    rows: {
      dischargedBy: row('the masks behind which a column no longer carries it', 'check/graph/classification.ts'),
    },
  },
  {
    noun: 'Zone',
    owner: 'zone',
    rows: {
      name: rule('unknown-level', 'findings name it'),
      doc,
      teams: rule('unknown-team', 'objects of other teams are refused'),
      terms: rule('unknown-term', 'and `explain` shows what they mean: columns name no others'),
      notice: row(
        '`notice-too-short`: an end that is announced later than that is refused',
        'review/notice-too-short.ts',
        'noticeOf',
      ),
      signers: row('whose signatures are the word of the zone', 'review/signers.ts'),
      policies: row(
        '`policy-violation`, `cross-zone-read`: what holds for its rows wherever they are',
        'check/policy/zone-policies.ts',
      ),
    },
  },
  {
    noun: 'Policy',
    owner: 'zone',
    rows: {
      demands: row('`policy-violation`: what breaks it is refused', 'check/policy/report.ts'),
      from: row('`policy-violation`: until then what breaks it already is inherited', 'check/policy/report.ts'),
      doc: row('findings say it beside the demand', 'check/policy/report.ts'),
    },
  },
  {
    noun: 'Team',
    owner: 'zone',
    rows: {
      owner: row(
        'a change from elsewhere is `not-the-owner`; findings name the owner',
        'review/authorize.ts',
        'ownerOfParty',
      ),
      doc,
      contact: row('findings and `explain` show it beside the owner', 'review/authorize.ts', 'partyLabel'),
      may: rule('beyond-grant', "claims of the team's workspaces beyond it are refused"),
      signers: row('whose signatures are the word of the team', 'review/signers.ts'),
    },
  },
  {
    noun: 'Grant',
    owner: 'zone',
    rows: {
      clearance: rule('beyond-grant', 'a higher clearance is refused'),
      labels: rule('unknown-level', '`beyond-grant`: other labels are refused'),
      priority: rule('beyond-grant', 'a higher priority is refused'),
      readers: rule('beyond-grant', 'other readers are refused'),
    },
  },
  {
    noun: 'Datastore',
    owner: 'team',
    rows: {
      address: row('names its stream and its tables', 'plan/streams.ts'),
      doc,
      tags,
      production: rule(
        'production-reads-nonproduction',
        'a workspace in production reads no other; `production-on-test-grade`',
        'isProduction',
      ),
      version: doc,
      source: row('the connection that it is read from', 'plan/streams.ts'),
      changes: row('how it is read', 'plan/streams.ts'),
      together: row('one stream, or one for each dataset', 'plan/streams.ts', 'isTogether'),
      promises: rule('bad-duration', 'a promise is a length of time'),
      'promises.freshness': row(
        '`stricter-than-promise`; the interval of a stream that nobody reads',
        'plan/stream-nodes.ts',
        'freshnessMs',
      ),
      consumers: rule('not-approved', 'other groups and transformers are refused'),
      classification: row(
        '`clearance-too-low`, `policy-violation`: the level of its columns',
        'check/graph/classification.ts',
        'levelOf',
      ),
      contract: rule('contract-not-executed', 'what nothing executes is told; export gives it back'),
      tombstones: row('`tombstone-missing`; a dataset of a name of theirs has tables of its own', 'plan/tables.ts'),
      datasets: row('captured, stored and offered', 'plan/streams.ts'),
      deprecated: row(
        '`notice-too-short`; `not-acknowledged`; from its day on it is not served',
        'plan/past-removal.ts',
      ),
    },
  },
  {
    noun: 'Changes',
    owner: 'team',
    rows: {
      mode: row('log, reading and comparing, or reading above a mark', 'plan/streams.ts'),
      transformer: row('what its columns come from, and carry', 'check/graph/transformer.ts'),
      column: rule('watermark-column', 'it is there in each dataset, and only grows'),
      late: rule('watermark-column', 'in the measure of the column; so far back rows are read again'),
      sweep: row('how often all keys are compared, which finds deletes', 'plan/reading.ts', 'sweepMs'),
      maxDeleted: row(
        '`mass-delete-held`: a read that would delete more is held',
        'plan/reading.ts',
        'maxDeletedShare',
      ),
      compare: row('whether all rows come over or those whose checksums differ', 'plan/reading.ts', 'comparesBy'),
    },
  },
  {
    noun: 'Deprecation',
    owner: 'team',
    rows: {
      removal: row('`notice-too-short`, `removal-too-early`, `past-removal`', 'review/notice-too-short.ts'),
      reason: rule('not-acknowledged', 'readers are told it'),
      use: rule('unknown-replacement', 'readers are sent there, so it is there'),
    },
  },
  {
    noun: 'Dataset',
    owner: 'team',
    rows: {
      doc,
      tags,
      from: row('the table that is read', 'plan/tables.ts', 'sourceTable'),
      key: row('rows are merged by it', 'plan/tables.ts', 'keyOf'),
      appendOnly: rule('keyless-dataset', 'a table without a key says it, and is only added to'),
      contract: row('a contract of its own is exported by itself', 'export/odcs/contracts.ts'),
      'contract.object': rule('contract-not-executed', 'what nothing executes is told; export gives it back'),
      'contract.document': rule('contract-not-executed', 'what nothing executes is told; export gives it back'),
      formerly: row(
        '`identity-lost`, `dataset-renamed`; its rows are kept in the tables of its first name',
        'review/identity.ts',
      ),
      tombstones: row('`tombstone-missing`; a column of a name of theirs is kept in another one', 'plan/tables.ts'),
      columns: row('columns of its tables and views', 'plan/tables.ts'),
      quality: row('what is asked of its rows before they are merged; `check-loosened`', 'plan/quality.ts'),
      deprecated: row(
        '`notice-too-short`; `not-acknowledged`; from its day on it is not served',
        'plan/past-removal.ts',
      ),
    },
  },
  {
    noun: 'Check',
    owner: 'team',
    rows: {
      test: row('`unfit-check`; what is asked, of each row or of all', 'plan/quality.ts'),
      columns: rule('unknown-check-column', 'the columns that it asks'),
      values: rule('unfit-check', 'the values that are accepted, or excluded'),
      min: row('`needless-check`; the least', 'plan/quality.ts'),
      max: row('`needless-check`; the most', 'plan/quality.ts'),
      pattern: rule('unfit-check', 'what texts look like, alike on every engine'),
      is: row('how two columns compare', 'plan/quality.ts'),
      to: rule('unknown-check-column', 'the dataset that is referred to'),
      change: row('how much the number of rows may change', 'plan/quality.ts'),
      within: row('`needless-check`; how old the newest row may be', 'plan/quality.ts'),
      share: rule('bad-share', 'so many of the current rows pass'),
      above: rule('bad-share', 'more than so many of the current rows pass'),
      exceptions: rule('bad-share', 'so many of the current rows may fail'),
      otherwise: row(
        '`unfit-otherwise`, `check-failed`: the stream stops, the row waits in quarantine, or it is told',
        'plan/quality.ts',
        'otherwiseOf',
      ),
      every: row('`needless-check`; so often the current rows are judged', 'plan/quality.ts', 'everyMsOf'),
    },
  },
  {
    noun: 'Column',
    owner: 'team',
    rows: {
      type: row('the physical type on each engine', 'plan/tables.ts'),
      default: row('`bad-default`, `column-required`; what current rows from before have', 'plan/tables.ts'),
      formerly: row('`identity-lost`, `name-taken`; its values are kept under its first name', 'review/identity.ts'),
      nullable: row('`nullable-key-column`; what a table accepts', 'plan/tables.ts', 'isNullable'),
      doc,
      term: row('`unknown-term`: it is of the glossary; `explain` shows what it means', 'plan/about.ts'),
      tags,
      from: row('the column that is read', 'plan/tables.ts', 'sourceColumn'),
      level: row(
        '`clearance-too-low`, `policy-violation`: it is carried on, and who is not cleared for it does not read it',
        'check/graph/classification.ts',
        'levelOf',
      ),
      labels: row(
        '`clearance-too-low`, `policy-violation`: they are carried on, and who does not hold them does not read it',
        'check/graph/classification.ts',
        'labelsOf',
      ),
      contract: rule('contract-not-executed', 'what nothing executes is told; export gives it back'),
      deprecated: row(
        '`notice-too-short`; `not-acknowledged`; from its day on it is not served',
        'plan/past-removal.ts',
      ),
    },
  },
  {
    noun: 'Tombstone',
    owner: 'team',
    rows: {
      name: row('what was removed, by its first name', 'review/identity.ts'),
      removed: row('`tombstone-missing`: the day is not one to come', 'review/identity.ts'),
    },
  },
  {
    noun: 'Workspace',
    owner: 'team',
    rows: {
      address: row('names its schemas of views', 'plan/publish-nodes.ts'),
      doc,
      production: rule('production-reads-nonproduction', 'it reads production alone', 'isProduction'),
      clearance: rule('clearance-too-low', 'columns above it are refused'),
      labels: rule('clearance-too-low', 'columns with others are refused'),
      priority: row('`beyond-grant`; the priority of its streams, which `plan` shows', 'plan/reads.ts', 'priorityOf'),
      readers: row('who is granted its views', 'plan/publish-nodes.ts'),
      groups: row('its views', 'plan/reads.ts'),
      acknowledges: rule('needless-acknowledgement', 'and `not-acknowledged`: it goes on reading what will go'),
    },
  },
  {
    noun: 'Group',
    owner: 'team',
    rows: {
      doc,
      latency: row('how often its streams are read', 'plan/reads.ts', 'latencyMs'),
      for: row('the replicas that may serve it', 'plan/serve.ts', 'purposeOf'),
      history: row('whether versions are kept', 'plan/reads.ts', 'wantsHistory'),
      retention: rule('retention-below-minimum', 'and `retention-without-history`: it can be kept'),
      regulator: rule('outside-region', 'and `retention-below-minimum`: what the regulator demands'),
      read: row('what its views show', 'plan/reads.ts', 'readsOf'),
    },
  },
  {
    noun: 'Reference',
    owner: 'team',
    rows: {
      from: rule('unknown-dataset', 'what is not there is refused'),
      columns: rule('unknown-column', 'what is not there is refused; others are not in the view'),
      mask: row('what readers need not be cleared for; `mask-not-run`: it is not served', 'check/graph/reads.ts'),
      rows: row('its columns are read; `unfit-condition`, `mask-not-run`: it is not served', 'check/graph/reads.ts'),
      nulls: row('`column-nullable` asks it nothing', 'review/compatibility/columns.ts'),
      enums: row('`column-widened` does not name it', 'review/compatibility/columns.ts'),
    },
  },
  {
    noun: 'Transformer',
    owner: 'team',
    rows: {
      address: rule('unfit-query', 'findings name it'),
      doc,
      production: rule('production-reads-nonproduction', 'it reads production alone', 'isProduction'),
      clearance: rule('clearance-too-low', '`beyond-grant`: it reads no column above it'),
      labels: rule('clearance-too-low', '`beyond-grant`: it reads no column with others'),
      reads: row('what its output comes from', 'check/graph/transformer.ts'),
      code: row('which columns come from which', 'check/graph/transformer.ts'),
      acknowledges: rule('needless-acknowledgement', 'and `not-acknowledged`: it goes on reading what will go'),
    },
  },
  {
    noun: 'Offer',
    // The word of whoever owns what it is of.
    owner: 'team',
    rows: {
      name: row('findings name the offer by it', 'check/rules/stale-offer.ts'),
      address: rule('unknown-offered', 'it counts for this alone'),
      digest: row('`stale-offer`: it counts while the thing is this and its owner the same', 'review/offers.ts'),
      to: row('it is accepted by this owner alone', 'review/offers.ts'),
      as: row('`offer-destination`: where the receiver puts an object', 'review/moves.ts'),
      until: row('`expired-offer`: after this day it counts no more', 'review/offers.ts'),
    },
  },
  {
    noun: 'Consent',
    owner: 'team',
    rows: {
      name: row('a verdict names the entry by it', 'review/consents-given.ts'),
      mesh: row('it counts in this mesh alone', 'review/why-not-consent.ts'),
      rule: row('it counts for a finding of this rule alone', 'review/why-not-consent.ts'),
      address: row('it counts for a finding about this alone', 'review/why-not-consent.ts'),
      before: row('it counts where the object is this alone', 'review/why-not-consent.ts'),
      after: row('it counts where the object becomes this alone', 'review/why-not-consent.ts'),
      party: row('it is the word of this party alone', 'review/why-not-consent.ts'),
      reason: row('for people; a signature binds it', 'review/consents-given.ts'),
      notAfter: row('after this day it counts no more', 'review/why-not-consent.ts'),
      nonce: row(
        'makes each statement one of its own: a signature binds it, and it counts once',
        'review/consents-given.ts',
      ),
    },
  },
  {
    noun: 'Declassification',
    owner: 'zone',
    rows: {
      name: rule('stale-declassification', 'findings name it'),
      zone: row('`not-an-origin`: whose policies it lets go of', 'check/graph/declassified.ts'),
      transformer: rule('unknown-declassified', 'whose output it is about'),
      of: row('`unknown-declassified`: the columns that no longer carry it', 'check/graph/declassified.ts'),
      code: row('`stale-declassification`: of other code it says nothing', 'check/graph/declassified.ts'),
      drops: row('the labels that are gone, or all', 'check/graph/declassified.ts'),
      reason: rule('expired-declassification', 'it is told when it has run out'),
      until: row('`expired-declassification`: after its last day it says nothing', 'check/graph/declassified.ts'),
    },
  },
  {
    noun: 'Environment',
    owner: 'environment',
    rows: {
      name: row('names captures at the sources', 'plan/capture-nodes.ts'),
      doc,
      ledger: row('where the plan is kept', 'plan/make.ts'),
      connections: row('which datastores run there', 'plan/streams.ts'),
      stores: row('where rows rest', 'plan/route.ts'),
      route: row('which store a stream goes to', 'plan/route.ts'),
      replicas: row('where groups are served', 'plan/serve.ts'),
    },
  },
  {
    noun: 'Route',
    owner: 'environment',
    rows: {
      larger: row('from which size on it holds', 'plan/route.ts'),
      to: row('the store', 'plan/route.ts'),
    },
  },
  {
    noun: 'ReplicaGroup',
    owner: 'environment',
    rows: {
      on: row('its replicas', 'plan/serve.ts'),
      serves: row('the groups that it may serve', 'plan/serve.ts'),
    },
  },
  {
    noun: 'Container',
    owner: 'environment',
    rows: {
      engine: row('the engine that is spoken to', 'plan/streams.ts'),
      at: rule('outside-region', 'and `unknown-location`: where rows may rest'),
      grade: rule('production-on-test-grade', 'tests and production are not mixed'),
      encrypted: row('`policy-violation`: where a policy demands it', 'check/policy/compile.ts'),
      durability: row('what of its log a source keeps until a standby of the store has it', 'flow/capture/durable.ts'),
      'durability.keep': row('for how long it keeps it', 'plan/durability.ts'),
      layout: row(
        '`layout-without-effect`: whether versions rest in one table, where a consumer asks for history',
        'plan/stream-nodes.ts',
      ),
      teams: rule('foreign-connection', 'and `unknown-team`, `teams-without-effect`: other teams do not read it'),
      fields: row('how it is reached', 'run/containers.ts'),
    },
  },
  {
    noun: 'SecretName',
    owner: 'environment',
    rows: { secret: row('its value is looked up where it runs', 'run/containers.ts') },
  },
];
