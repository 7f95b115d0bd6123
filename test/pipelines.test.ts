import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import {
  dependenciesOf,
  images,
  read,
  repository,
  statements,
  workflows,
  workspacesOf,
  type Action,
} from './pipeline-statements.ts';

describe('pipelines', () => {
  it('keep every statement', () => {
    for (const statement of Object.values(statements)) expect(statement(workflows())).toEqual([]);
  });

  it.each<[name: keyof typeof statements, file: string, from: string, to: string]>([
    ['actions are pinned by commit', 'check.yml', /actions\/checkout@\w+/.source, 'actions/checkout@v6'],
    ['actions are pinned by commit', 'check.yml', / # v6\.0\.2/.source, ''],
    ['nothing may do more than it says', 'check.yml', /^permissions: .*$/.source, ''],
    ['nothing may do more than it says', 'votes.yml', /^permissions: .*$/.source, 'permissions: write-all'],
    [
      'a service is deployed when what it is made of changes',
      'votes.yml',
      /- packages\/messaging.*/.source,
      '',
    ],
    [
      'a service is deployed when what it is made of changes',
      'votes.yml',
      /packages\/contracts/.source,
      'tools/demo',
    ],
    ['calls give what the called workflow asks for', 'votes.yml', /service: votes, /.source, ''],
    [
      'calls give what the called workflow asks for',
      'votes.yml',
      /migrates: true/.source,
      'migrates: true, speed: 2',
    ],
    ['calls give what the called workflow asks for', 'votes.yml', /pull-requests: read, /.source, ''],
    [
      'what is released is what our own workflow has signed',
      'build-and-deploy-service.yml',
      / --certificate-github-workflow-name "\$SERVICE"/.source,
      '',
    ],
    [
      'what is released is what our own workflow has signed',
      'build-and-deploy-service.yml',
      /agora-\$\{\{ inputs\.service \}\}-build/.source,
      'agora-build',
    ],
    [
      'what is released is what our own workflow has signed',
      'setup.yml',
      /^name: setup/.source,
      'name: votes',
    ],
    ['every image is built for both platforms', 'publish.yml', /, ubuntu-24\.04-arm/.source, ''],
    [
      'a service goes to Kubernetes or to ECS, and never to both',
      'build-and-deploy-service.yml',
      /if: vars\.DEPLOY_TO != 'kubernetes' && inputs\.migrates/.source,
      'if: inputs.migrates',
    ],
    [
      'no text from outside is run as a command',
      'check.yml',
      /npm test/.source,
      ['echo $', '{{ github.head_ref }}'].join(''),
    ],
    [
      'no key of AWS is stored',
      'check.yml',
      /secrets\.GITLEAKS_LICENSE/.source,
      'secrets.AWS_SECRET_ACCESS_KEY',
    ],
  ])('would not keep: %s (%s, %s → "%s")', (name, file, from, to) => {
    const planted = workflows({ [file]: (text) => text.replace(new RegExp(from, 'm'), to) });

    expect(statements[name](planted)).not.toEqual([]);
  });

  it('list in the SBOM of an image all that its process depends on', () => {
    const { steps } = (parse(read('.github/actions/sign-image/action.yml')) as Action).runs;
    const listing = steps.find(({ run }) => run?.includes('npm sbom'))?.run ?? '';
    const folder = mkdtempSync(join(tmpdir(), 'agora-sbom-'));
    try {
      const file = join(folder, 'sbom.json');
      const setting = 'export WORKSPACE=auth npm_config_offline=true';
      const script = `${setting}\n${listing.replace('sbom.json', `'${file}'`)}`;
      execFileSync('bash', ['-c', script], { cwd: repository });
      const sbom = JSON.parse(readFileSync(file, 'utf8')) as { components: { 'bom-ref': string }[] };
      const listed = new Set(sbom.components.map((each) => each['bom-ref']));
      const needed = [...workspacesOf(images.auth)].flatMap((each) => Object.entries(dependenciesOf(each)));

      expect(needed.length).toBeGreaterThan(20);
      expect(needed.filter(([name, version]) => !listed.has(`${name}@${version}`))).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('ask Dependabot for updates of everything, each week, none younger than seven days', () => {
    const { updates } = parse(read('.github/dependabot.yml')) as { updates: Update[] };
    const ecosystems = updates.map((each) => each['package-ecosystem']);

    expect(ecosystems.toSorted()).toEqual(['docker', 'github-actions', 'npm']);
    for (const { schedule, cooldown, groups } of updates) {
      expect(schedule.interval).toBe('weekly');
      expect(cooldown['default-days']).toBeGreaterThanOrEqual(7);
      expect(Object.keys(groups).length).toBeGreaterThan(0);
    }
  });
});

interface Update {
  'package-ecosystem': string;
  schedule: { interval: string };
  cooldown: { 'default-days': number };
  groups: object;
}
