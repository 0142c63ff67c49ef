/**
 * The way of the data, outermost last: a folder may use its own row and the rows above it, never one below.
 * A folder of src that stands in no row fails the rule `known-folders`: give it its place here.
 */
const LAYERS = [
  ['config', 'errors', 'validation', 'repeat'],
  ['ids', 'mail', 'mongo', 'redis', 'vault'],
  ['tenancy', 'telemetry', 'pagination', 'schema', 'links', 'recordings', 'upgrades', 'data-keys'],
  ['auth'],
  ['events', 'jobs', 'migrations'],
  ['modules'],
  ['entry'],
  ['embedded', 'operator', 'doctor'],
];

/** Programs: they may use everything and nothing may use them. */
const PROGRAMS = '^src/((app\\.module|main|server|emit-schema)\\.ts|[^/]+/main\\.ts)';

/** What a module shows the others. A file that is meant for them and has another name is listed here by its name. */
const FRONT_DOORS = [
  '\\.(module|service|model)\\.ts$',
  '^src/modules/audit/(audit-log|audit-reader|access-records|refusal-log|checkpoint-files)\\.ts$',
  '^src/modules/ultravox/(account-id|voice-provider|phone-lines|providers|signatures|creation-rate|ultravox-wire)\\.ts$',
  '^src/modules/calls/call-filter\\.input\\.ts$',
  '^src/modules/agents/first-speaker\\.ts$',
  '^src/modules/usage/usage-month\\.ts$',
  '^src/modules/tenants/(branding|tenant\\.mapper)\\.ts$',
];

const folders = names => `^src/(${names.join('|')})/`;
/** Started as threads, by their addresses: nobody imports them. */
const THREADS = '-worker\\.mjs$';
const SPEC = '(\\.spec|/spec-kit)\\.ts$';

const layerRules = LAYERS.slice(0, -1).map((names, index) => ({
  name: `layer-${names.join('-')}`,
  severity: 'error',
  comment:
    `Folder order is the way of the data: ${names.join(', ')} must not know what comes after. ` +
    'Turn the dependency round: let the later folder pass in what is needed, or move the shared part down.',
  from: { path: folders(names), pathNot: [SPEC, PROGRAMS] },
  to: { path: folders(LAYERS.slice(index + 1).flat()) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'known-folders',
      severity: 'error',
      comment:
        'This folder of src has no place in the order yet. Add it to LAYERS in .dependency-cruiser.cjs.',
      from: { path: '^src/', pathNot: [folders([...LAYERS.flat(), 'simulator']), '^src/[^/]+\\.ts$'] },
      to: {},
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment:
        'Two files that need each other load in an order nobody chose: decorators then read undefined. ' +
        'Move what both need into a third file.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'Nothing uses this file and it uses nothing: delete it, or import it where it belongs.',
      from: { orphan: true, path: '^src/', pathNot: [SPEC, PROGRAMS, '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'not-only-tested',
      severity: 'error',
      comment: 'At most its spec uses this file, so the server does not: delete both, or use it.',
      module: {
        path: '^src/',
        pathNot: [SPEC, PROGRAMS, THREADS, '\\.d\\.ts$'],
        numberOfDependentsLessThan: 1,
      },
      from: { pathNot: [SPEC, '^test/', '^bench/'] },
    },
    {
      name: 'programs-are-not-imported',
      severity: 'error',
      comment:
        'Importing a program starts it. Import the file that has the function, or start the program as a process.',
      from: { pathNot: [PROGRAMS, '^test/', '^bench/', SPEC] },
      to: { path: PROGRAMS },
    },
    {
      name: 'simulator-stands-alone',
      severity: 'error',
      comment:
        "The simulator is another service that speaks the provider's contract over HTTP. Sharing code with the server " +
        'would let both be wrong in the same way.',
      from: { path: '^src/simulator/' },
      to: { path: '^src/', pathNot: '^src/simulator/' },
    },
    {
      name: 'simulator-is-reached-over-http',
      severity: 'error',
      comment:
        'Only what starts the simulator imports it; everything else talks to it over HTTP, as to the real provider.',
      from: { path: '^src/', pathNot: ['^src/simulator/', '^src/embedded/', '^src/main\\.ts$', SPEC] },
      to: { path: '^src/simulator/' },
    },
    {
      name: 'engines-know-no-domain',
      severity: 'error',
      comment:
        'Finding and starting engines comes before everything else of the server exists: configuration and errors only.',
      from: { path: '^src/embedded/engines/', pathNot: SPEC },
      to: { path: '^src/', pathNot: ['^src/embedded/engines/', '^src/(config|errors)/'] },
    },
    {
      name: 'redis-by-its-clients',
      severity: 'error',
      comment:
        'A connection to Redis that is made elsewhere has no circuit breaker, counts no refusal, and may end the process ' +
        'by a promise that its library drops. Use RedisClients; types may be imported anywhere.',
      from: {
        path: '^src/',
        pathNot: [
          '^src/redis/',
          '^src/embedded/engines/',
          '^src/doctor/',
          '^src/events/doorbell\\.ts$',
          SPEC,
        ],
      },
      to: { path: 'node_modules/(ioredis|graphql-redis-subscriptions)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'modules-by-their-front-door',
      severity: 'error',
      comment:
        "Modules use each other's *.module.ts, *.service.ts and *.model.ts only, and what FRONT_DOORS names. " +
        "Ask the other module's service: its repositories, schemas and resolvers are its own business.",
      from: { path: '^src/modules/([^/]+)/', pathNot: SPEC },
      to: {
        path: '^src/modules/',
        pathNot: ['^src/modules/$1/', ...FRONT_DOORS],
      },
    },
    {
      name: 'doors-do-not-touch-the-store',
      severity: 'error',
      comment:
        'Doors call services. A repository used from here would pass by the rights that its service checks.',
      from: { path: '^src/entry/', pathNot: SPEC },
      to: { path: '\\.(repository|schema)\\.ts$' },
    },
    {
      name: 'store-only-behind-repositories',
      severity: 'error',
      comment:
        'Only src/mongo, src/tenancy, *.schema.ts and *.repository.ts use Mongoose values: everything else goes through ' +
        'a repository, which adds the tenant. Types may be imported anywhere.',
      from: {
        path: '^src/',
        pathNot: [
          '^src/(mongo|tenancy)/',
          '\\.(schema|repository)\\.ts$',
          '^src/embedded/engines/',
          '^src/doctor/profile\\.ts$',
          SPEC,
        ],
      },
      to: { path: 'node_modules/(mongoose|mongodb)/', preCompilationOnly: false },
    },
    {
      name: 'no-second-driver',
      severity: 'error',
      comment:
        'Mongoose brings its own driver; another copy makes ids and sessions that the first does not know.',
      from: { path: '^(src|test|bench)/' },
      to: { path: 'node_modules/(mongodb|bson)/', preCompilationOnly: false },
    },
    {
      name: 'environment-through-settings',
      severity: 'error',
      comment: 'The environment is read and checked once, at the start. Inject Settings.',
      from: { path: '^src/', pathNot: ['^src/(config|embedded|operator)/', PROGRAMS, SPEC] },
      to: { path: '^src/config/env\\.ts$', preCompilationOnly: false },
    },
    {
      name: 'production-packages-only',
      severity: 'error',
      comment:
        'This package is not installed in production, or not named in package.json at all: move or add it.',
      from: { path: '^src/', pathNot: SPEC },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        preCompilationOnly: false,
        pathNot: 'node_modules/@types/',
      },
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'This import leads nowhere.',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'src-does-not-use-tests',
      severity: 'error',
      comment: 'What the server runs must not need the tests.',
      from: { path: '^src/', pathNot: SPEC },
      to: { path: ['^(test|bench)/', SPEC] },
    },
    {
      name: 'no-barrels',
      severity: 'error',
      comment:
        'An index.ts hides where things come from and loads everything at once. Import the file that has it.',
      from: {},
      to: { path: '/index\\.ts$', pathNot: 'node_modules' },
    },
    {
      name: 'telling-names',
      severity: 'error',
      comment: 'A folder says what its files are. Files are named in kebab-case, after their one job.',
      from: {},
      to: {
        path: ['/(utils|util|common|shared|helpers|helper|misc|lib)/', '^(src|test|bench)/.*[A-Z_ ].*[.]ts$'],
        pathNot: 'node_modules',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: 'specify',
    detectProcessBuiltinModuleCalls: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      conditionNames: ['import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      mainFields: ['module', 'main', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
    skipAnalysisNotInRules: true,
  },
};
