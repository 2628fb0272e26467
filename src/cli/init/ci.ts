import type { NewFile } from './new-model.ts';
import { scalar } from './yaml-templates.ts';

export type Ci = 'github' | 'gitlab' | 'both' | 'none';

/**
 * Files for continuous integration, pinned to a version: the judge comes from the protected branch, and runs nothing that a
 * proposal brings. `model`: where the model is in its repository, from the top, `data/mesh`; `.` at the top. Paths are from
 * the top, too: forges look nowhere else.
 */
export function ciFiles(ci: Ci, version: string, model: string): NewFile[] {
  const files: NewFile[] = [];
  if (ci === 'github' || ci === 'both')
    files.push({ path: '.github/workflows/freehold.yml', text: gitHubText(version, model) });
  if (ci === 'gitlab' || ci === 'both')
    files.push({ path: '.gitlab/freehold.gitlab-ci.yml', text: gitLabText(version, model) });
  return files;
}

function gitHubText(version: string, model: string): string {
  return `# The gate: may this change be made?  freehold review  says so, and  freehold doctor ci  whether GitHub holds to it.
#
# It runs on pull_request_target, so this file is the one of the protected branch, whatever a proposal makes of it. For the
# same reason nothing of a proposal may ever run here: it is fetched as objects, never checked out, and Freehold is
# installed away from the repository, where no .npmrc or package.json of it is seen.
#
# After an approval run the job again ('Re-run jobs'): GitHub starts nothing that can be trusted when somebody reviews.
# If the protected branch is not called main, change it in four places. If the model moves to another folder, change MODEL.
name: freehold

on:
  pull_request_target:
    branches: [main]
    # 'edited': a proposal may be pointed at another branch.
    types: [opened, synchronize, reopened, edited, ready_for_review]
  merge_group:
    branches: [main]
  push:
    branches: [main]

# To read is enough: whatever goes wrong here changes nothing.
permissions:
  contents: read
  pull-requests: read

concurrency:
  group: freehold-\${{ github.event.pull_request.number || github.event.merge_group.head_sha || github.sha }}
  cancel-in-progress: true

jobs:
  # The name of the check that the branch requires.
  freehold:
    runs-on: ubuntu-latest
    timeout-minutes: 15
    steps:
      - name: The protected branch, with its history
        uses: actions/checkout@11bd71901bbe5b1630ceea73d27597364c9af683 # v4.2.2
        with:
          ref: main
          fetch-depth: 0
          persist-credentials: false
          path: model

      - uses: actions/setup-node@49933ea5288caeca8642d1e84afbd3f7d6820020 # v4.4.0
        with:
          node-version: 20

      - name: Freehold, at the version that this branch says
        working-directory: \${{ runner.temp }}
        run: npm install --prefix freehold --no-audit --no-fund --ignore-scripts --omit=dev --omit=optional freehold@${version}

      - name: What is proposed, as objects
        working-directory: model
        env:
          TOKEN: \${{ github.token }}
          HEAD: \${{ github.event.pull_request.head.sha || github.event.merge_group.head_sha || github.event.after }}
          GIT_CONFIG_COUNT: 1
          GIT_CONFIG_KEY_0: http.extraheader
        run: |
          GIT_CONFIG_VALUE_0="Authorization: Basic $(printf 'x-access-token:%s' "$TOKEN" | base64 -w0)" \\
            git fetch --quiet --no-tags --no-recurse-submodules origin "$HEAD"

      - name: Review
        working-directory: model
        env:
          GITHUB_TOKEN: \${{ github.token }}
          # Where the model is, from the top of the repository.
          MODEL: ${scalar(model)}
          BASE: \${{ github.event_name == 'push' && github.event.before || 'HEAD' }}
        run: '"$RUNNER_TEMP/freehold/node_modules/.bin/freehold" review --dir "$MODEL" --base "$BASE"'
`;
}

function gitLabText(version: string, model: string): string {
  return `# The gate: may this change be made?  freehold review  says so, and  freehold doctor ci --forge gitlab  whether GitLab holds
# to it.
#
# GitLab takes a merge request's pipeline from the merge request, so this file must not lie in the model's project: put it
# into a project that the mesh's owner alone may change, protect its branch, and name it in the model's project under
# Settings, CI/CD, General pipelines, 'CI/CD configuration file':
#
#     freehold.gitlab-ci.yml@group/that-project:main
#
# Or include it from there, where a pipeline of your own is kept outside of the model's project already:
#
#     include: [{ project: group/that-project, ref: main, file: freehold.gitlab-ci.yml }]
#
# FREEHOLD_FORGE_TOKEN is a project access token (role Developer, scope read_api) in a masked variable of the project.
# After an approval run the job again: GitLab starts nothing when somebody approves.
freehold:
  image: node:20-bookworm
  interruptible: true
  timeout: 15 minutes
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event" && $CI_MERGE_REQUEST_TARGET_BRANCH_NAME == $CI_DEFAULT_BRANCH
    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  variables:
    # Nothing of the merge request is checked out: it is fetched as objects, into a repository whose work tree stays empty.
    GIT_STRATEGY: none
    BASE: base
  script:
    # Where the model is, from the top of the repository: here, and not among the variables, which others may set.
    - ${scalar(`model=${shellText(model)}`)}
    - report="$PWD/freehold.json"
    - cd "$(mktemp -d)"
    - npm install --prefix freehold --no-audit --no-fund --ignore-scripts --omit=dev --omit=optional freehold@${version}
    - git init --quiet --initial-branch=none mesh
    - mkdir -p "mesh/$model"
    - from="$CI_SERVER_PROTOCOL://gitlab-ci-token:$CI_JOB_TOKEN@$CI_SERVER_FQDN/$CI_PROJECT_PATH.git"
    - git -C mesh fetch --quiet --no-tags "$from" "+refs/heads/$CI_DEFAULT_BRANCH:refs/heads/base"
    - if [ -n "$CI_MERGE_REQUEST_IID" ]; then git -C mesh fetch --quiet --no-tags "$from" "refs/merge-requests/$CI_MERGE_REQUEST_IID/head" "$CI_MERGE_REQUEST_REF_PATH"; else BASE="$CI_COMMIT_BEFORE_SHA"; fi
    - freehold/node_modules/.bin/freehold review --dir "mesh/$model" --base "$BASE" --format gitlab --output "$report"
  artifacts:
    when: always
    reports:
      codequality: freehold.json
`;
}

/** A text as a shell reads it back. */
function shellText(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
