import type { NewFile, NewModel } from './new-model.ts';
import { typescriptFiles } from './typescript-templates.ts';
import { yamlFiles } from './yaml-templates.ts';

/** What model files are written in. */
export type Form = 'typescript' | 'yaml';

/** All files of a new model around a datastore, each with the comments that a first reader needs. */
export function newFiles(model: NewModel, form: Form): NewFile[] {
  const { zone, producer, datastore } = model;
  const files: NewFile[] = [
    ...(form === 'yaml' ? yamlFiles(model) : typescriptFiles(model)),
    { path: '.gitignore', text: '# Embedded databases and secrets: never in Git.\n.freehold/\nnode_modules/\n' },
    { path: 'README.md', text: readmeText(model) },
  ];
  if (model.schema !== null) files.push({ path: `${zone}/${producer}/${datastore}.schema.yaml`, text: model.schema });
  return files;
}

function readmeText({ name, zone, producer, consumer, datastore, schema }: NewModel): string {
  const columns =
    schema === null ? 'its columns are an example' : 'its columns are in the generated `*.schema.yaml` beside it';
  return `# ${name}

A data mesh in Freehold. Everything is declared in these files; nothing else needs to be written.

    freehold check                 is this model right?
    freehold review --base main    may this change be made?
    freehold doctor ci             does the forge hold everybody to that?
    freehold run --once            move the rows, once
    freehold run                   keep them moving
    freehold status                what runs, and how fresh it is
    freehold verify                source = store = replicas
    freehold query ${zone}/${consumer}/reporting.live "select ..."

\`${zone}/${producer}/${datastore}\` is the source's datastore; ${columns}.

All is owned by user 1, whoever that is on your Git host. Put ids of your own there before anybody relies on approvals:
\`https://api.github.com/users/NAME\` shows that of a user of GitHub, the profile page that of a user of GitLab.
`;
}
