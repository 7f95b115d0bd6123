/** Where the repository names its services one by one: per file, what comes before or after what. */
export const editsFor = ({ name, NAME, port, internalPort }) => ({
  'packages/database/src/schema/provision.ts': [after(/schemas = \[[^\]]*/, `, '${name}'`)],
  'packages/contracts/src/define-event.ts': [after(/publishers = \[[^\]]*/, `, '${name}'`)],
  'packages/contracts/src/index.ts': [
    before(/export \{ voteCast,/, `export { ${name}UserSeen } from './${name}.js';\n`),
  ],
  'gateway/src/routes.ts': [
    after(/services = \[[^\]]*/, `, '${name}'`),
    before(
      / {2}route\('GET', '\/', 'gateway'/,
      `  route('GET', '/${name}', '${name}', 'user'),\n  route('POST', '/${name}', '${name}', 'user'),\n\n`,
    ),
  ],
  'gateway/test/config.test.ts': [
    after(/ {2}VOTES_URL: '.*',\n/, `  ${NAME}_URL: 'http://${name}:${port}',\n`),
  ],
  'tools/openapi/src/introduction.ts': [
    before(/ {2}\{ name: 'gateway', description/, `  { name: '${name}', description: 'What it is for.' },\n`),
  ],
  'tools/local-stack/src/nats/subscribers.ts': [
    after(/ {2}auth: \[\],\n/, `  ${name}: ['auth.user-deleted.v1'],\n`),
  ],
  'test/end-to-end/attacks/authorization.test.ts': [
    before(/ {2}\| GET \/ {2}/, row(`GET /${name}`, '200') + row(`POST /${name}`, '204')),
  ],
  'scripts/generate-openapi.mjs': [
    before(/\nconst path =/, `import * as ${name} from '../services/${name}/dist/document.js';\n`),
    before(/ {4}gateway: gateway\.endpoints/, `    ${name}: ${name}.endpoints,\n`),
  ],
  'tsconfig.json': [before(/ {4}\{ "path": "gateway" \}/, `    { "path": "services/${name}" },\n`)],
  'test/pipeline-statements.ts': [before(/ {2}gateway: 'gateway',/, `  ${name}: 'services/${name}',\n`)],
  '.github/workflows/publish.yml': [
    before(/, gateway, setup\]\n {8}runner/, `, ${name}`),
    before(/, gateway, setup\]\n {4}runs-on/, `, ${name}`),
  ],
  '.github/workflows/check-cluster.yml': [before(/ gateway setup; do docker build/, ` ${name}`)],
  'README.md': [
    before(
      /\nEach also answers/,
      `| ${name} | what it is for | ${port} | [services/${name}](services/${name}/README.md) |\n`,
    ),
  ],
  CODEOWNERS: [
    before(/\n# How a service runs/, `/services/${name}/ @agora/${name}-team\n`),
    before(/\n# The team that publishes/, `/deploy/k8s/base/${name}.yaml @agora/${name}-team\n`),
    after(
      /\/packages\/contracts\/src\/votes\.ts.*\n/,
      `/packages/contracts/src/${name}.ts @agora/${name}-team\n`,
    ),
  ],
  '.env.example': [
    after(/^VOTES_URL=.*\n/m, `${NAME}_URL=http://${name}:${port}\n`),
    before(/\n# --- npm start and Docker/, `${NAME}_APP_PASSWORD=\n${NAME}_MIGRATOR_PASSWORD=\n`),
  ],

  Dockerfile: [
    before(/ gateway \\\n && rm -rf/, ` services/${name}`),
    before(
      /FROM workspaces AS gateway-files/,
      `FROM workspaces AS ${name}-files
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts --omit=dev --omit=optional -w @agora/${name}
COPY --from=build /agora ./
RUN node deploy/docker/gather-service.mjs ${name} /app

`,
    ),
    before(
      /FROM runtime AS gateway\n/,
      `FROM runtime AS ${name}
LABEL org.opencontainers.image.title="agora-${name}" org.opencontainers.image.description="What it is for"
ENV PORT=${port} INTERNAL_PORT=${internalPort}
EXPOSE ${port} ${internalPort}
COPY --from=${name}-files /app ./
CMD ["services/${name}/dist/main.js"]

`,
    ),
  ],
  'deploy/docker/secret-files.mjs': [after(/const services = \[[^\]]*/, `, '${name}'`)],
  'deploy/docker/authorization.conf': [before(/ {4}# Its replicas send each other/, natsUser(name, NAME))],
  'docker-compose.yml': [
    before(
      /x-gateway-image:/,
      `x-${name}-image: &${name}-image { build: { context: ., target: ${name}, args: *build-arguments } }\n`,
    ),
    before(
      / {6}- secrets-auth:\/secrets/,
      `      - secrets-migrate-${name}:/secrets/given/migrate-${name}\n`,
    ),
    before(/ {6}- secrets-gateway:\/secrets/, `      - secrets-${name}:/secrets/given/${name}\n`),
    before(
      / {4}volumes: \['secrets-provision:/,
      passwordFiles(name, NAME, (variable, path) => `      ${variable}: /run/secrets/${path}\n`),
    ),
    before(
      / {2}auth:\n {4}<<: \[\*process/,
      `  migrate-${name}:
    <<: [*one-shot, *${name}-image]
    command: [services/${name}/dist/operate.js, migrate, up]
    depends_on: { provision: { condition: service_completed_successfully } }
    environment: { <<: *database-settings, DATABASE_USER: ${name}_migrator }
    volumes: ['secrets-migrate-${name}:/run/secrets:ro']
    networks: [data]

`,
    ),
    before(
      / {2}gateway:\n {4}<<: \[\*process/,
      `  ${name}:
    <<: [*process, *${name}-image]
    depends_on:
      migrate-${name}: { condition: service_completed_successfully }
      streams: { condition: service_completed_successfully }
    environment:
      <<: [*settings, *verifier-settings, *nats-settings, *database-settings]
      DATABASE_USER: ${name}_app
      NATS_USER: ${name}
    volumes: ['secrets-${name}:/run/secrets:ro']
    networks: [app, data, events]

`,
    ),
    before(
      / {4}environment:\n {6}<<: \[\*settings, \*verifier-settings, \*nats-settings, \*gateway-limits/,
      `      ${name}: { condition: service_healthy }\n`,
    ),
    before(/ {4}volumes: \['secrets-gateway:/, `      ${NAME}_URL: http://${name}:${port}\n`),
    before(/^ {2}secrets-auth:$/m, `  secrets-migrate-${name}:\n`),
    before(/^ {2}secrets-gateway:$/m, `  secrets-${name}:\n`),
  ],

  'deploy/k8s/base/kustomization.yaml': [before(/ {2}- gateway\.yaml/, `  - ${name}.yaml\n`)],
  'deploy/k8s/base/network.yaml': [before(/, provision\] \}\]/, `, ${name}`)],
  'deploy/k8s/base/provision.yaml': [
    before(
      / {10}volumeMounts:/,
      passwordFiles(
        name,
        NAME,
        (variable, path) => `            - { name: ${variable}, value: /run/secrets/agora/${path} }\n`,
      ),
    ),
  ],
  'deploy/k8s/base/gateway.yaml': [
    before(/ {10}resources:/, `            - { name: ${NAME}_URL, value: 'http://${name}:${port}' }\n`),
    after(/$(?![^])/, `${podSelector(name)}      ports: [{ port: ${port}, protocol: TCP }]\n`),
  ],
  'deploy/k8s/base/auth.yaml': [
    before(/ {6}ports: \[\{ port: 9001, protocol: TCP \}\]/, podSelector(name).replace('    - to:\n', '')),
  ],
  'deploy/k8s/components/external-secrets/external-secrets.yaml': [
    before(
      /---\napiVersion: external-secrets.io\/v1\nkind: ExternalSecret\nmetadata: \{ name: gateway \}/,
      [name, `migrate-${name}`].map(externalSecret).join(''),
    ),
  ],
  'deploy/k8s/overlays/local/kustomization.yaml': [
    before(/ {2}- \{ name: agora-gateway,/, `  - { name: agora-${name}, newTag: development }\n`),
  ],
  'deploy/k8s/overlays/local/postgres.yaml': [before(/, provision\] \}\]/, `, ${name}`)],
  'deploy/k8s/overlays/staging/kustomization.yaml': [image(name, '0.1.0-rc.1')],
  'deploy/k8s/overlays/production/kustomization.yaml': [image(name, '0.1.0')],
  'deploy/k8s/test/cluster.ts': [before(/\|gateway\|setup\)/, `|${name}`)],
  'deploy/k8s/test/settings.ts': [
    before(/import \{ targetOf/, `import * as ${name} from '../../../services/${name}/src/config.ts';\n`),
    after(/Object\.entries\(\{[^}]*(?= \})/, `, ${name}`),
  ],

  'deploy/ecs/src/stacks/database-stack.ts': [after(/owners = \[[^\]]*/, `, '${name}'`)],
  'deploy/ecs/src/stacks/delivery-stack.ts': [before(/, 'gateway', 'setup'/, `, '${name}'`)],
  'deploy/ecs/src/stacks/nats-stack.ts': [before(/, 'gateway', 'streams'\] as const/, `, '${name}'`)],
  'deploy/ecs/src/services.ts': [
    before(
      /\};\n\n\/\*\* What the product does, set/,
      `  ${name}: {
    port: ${port},
    internalPort: ${internalPort},
    cpu: 512,
    memory: 1024,
    environment: verifier,
  },
`,
    ),
    before(/ {4}gateway: reads,/, `    ${name}: reads,\n`),
    before(/ {4}\/\/ The load balancer, and nothing else/, `    ${NAME}_URL: at('${name}', ${port}),\n`),
  ],
  'deploy/ecs/src/edges.ts': [
    after(/groups = \[\n {2}'load-balancer',\n/, `  '${name}',\n`),
    after(/taskGroups = \[\n/, `  '${name}',\n`),
    before(/\n {2}\/\/ Key sets, read-through/, `  ['gateway', '${name}', ${port}],\n`),
    before(/\n {2}\/\/ The audits, which/, `  ['${name}', 'auth', 9001],\n`),
    before(/ {2}\['migration', 'database', 5432\]/, `  ['${name}', 'database', 5432],\n`),
    before(/ {2}\['streams', 'nats', 4222\]/, `  ['${name}', 'nats', 4222],\n`),
  ],
  'deploy/ecs/test/stacks.test.ts': [
    before(
      / {8}'posts → auth:9001',/,
      `        'gateway → ${name}:${port}',\n        '${name} → auth:9001',\n`,
    ),
  ],
});

const before = (place, text) => ({ place, edit: (found) => text + found });
const after = (place, text) => ({ place, edit: (found) => found + text });

const image = (name, tag) =>
  before(
    / {2}- \{ name: agora-gateway,/,
    `  - { name: agora-${name}, newName: registry.example.com/agora/${name}, newTag: ${tag} }\n`,
  );

const externalSecret = (name) => `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${name} }
spec: { dataFrom: [{ extract: { key: ${name} } }] }
`;

const podSelector = (name) => `    - to:
        - podSelector:
            matchLabels: { app.kubernetes.io/name: ${name}, app.kubernetes.io/component: process }
`;

const passwordFiles = (name, NAME, line) =>
  ['app', 'migrator']
    .map((role) => line(`${NAME}_${role.toUpperCase()}_PASSWORD_FILE`, `${name}-${role}-password`))
    .join('');

/** A row of the matrix of who gets what. */
const row = (request, status) =>
  `  | ${request.padEnd(32)} |                    | 401                       | 401                       | ${status}                       | ${status}                       |\n`;

/** `npm run generate` adds what it may do. */
const natsUser = (name, NAME) => `    {
      user: ${name}
      password: $${NAME}_PASSWORD
    }
`;
