import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const TYPESCRIPT = ['**/*.ts', '**/*.tsx'];
const SPECS = ['src/**/*.spec.ts', 'test/**/*.ts', 'bench/**/*.ts'];

/** Programs of their own, which talk to a terminal. */
const MAINS = ['src/main.ts', 'src/emit-schema.ts', 'src/*/main.ts', 'test/mutations/run.ts'];

/**
 * Where the store is spoken to: tenancy confines it, mongo opens it, schemas and repositories use it confined, and the
 * embedded engines bring a fresh mongod to life, before any data is in it.
 */
const STORE = [
  'src/mongo/**',
  'src/tenancy/**',
  'src/**/*.schema.ts',
  'src/**/*.repository.ts',
  'src/embedded/engines/**',
  // It reads what the database has noted, as somebody from outside.
  'src/doctor/profile.ts',
];

/** The reader of `process.env`. What child processes inherit is the one exception, made where it happens. */
const ENVIRONMENT = ['src/config/env.ts'];

const storeImports = ['mongoose', 'mongodb'].map(name => ({
  name,
  allowTypeImports: true,
  message: 'Only src/mongo, src/tenancy, *.schema.ts and *.repository.ts use the store; import types only.',
}));

const environmentImports = ['process', 'node:process'].map(name => ({
  name,
  message: 'Use the global `process`, so that reading its environment is noticed.',
}));

const environmentProperties = [
  {
    object: 'process',
    property: 'env',
    message:
      'Add the variable to src/config/env.ts, which checks all of them at the start, and inject Settings.',
  },
];

const storeProperties = ['collection', 'bulkWrite', 'getClient', 'useDb', '$where'].map(property => ({
  property,
  message:
    'It goes around the tenant hooks. Use a repository; system work belongs in src/tenancy or src/mongo.',
}));

const syntax = [
  {
    selector:
      'CallExpression[callee.object.name="AbortSignal"][callee.property.name="any"] MemberExpression[object.name="AbortSignal"][property.name="timeout"]',
    message: 'Node 20 collects it as garbage before it fires. Use within().',
  },
  {
    selector: 'ExportDefaultDeclaration',
    message: 'Named exports only: one name for one thing, everywhere.',
  },
  {
    selector: 'ExportAllDeclaration',
    message: 'No barrels: import from the file that has it.',
  },
];

const STORE_NAMES = '/model|connection|collection|client|db|mongo/i';

const storeSyntax = [
  {
    // By the name of what is watched: other things than the store may be watched.
    selector:
      `CallExpression[callee.property.name="watch"]` +
      `:matches([callee.object.name=${STORE_NAMES}], [callee.object.property.name=${STORE_NAMES}])`,
    message: 'A change stream runs no tenant hook and sees all tenants. The sealer owns the one that exists.',
  },
  {
    selector: 'Property[key.name="middleware"], Property[key.value="middleware"]',
    message: 'The option turns hooks off, and the tenant filter is a hook.',
  },
  {
    selector: 'Property[key.name="$where"], Property[key.value="$where"]',
    message: 'It runs code in the database that no tenant filter reads.',
  },
];

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'data/', '**/*.d.ts']),
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  eslint.configs.recommended,

  {
    files: TYPESCRIPT,
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      // `== null` asks for null and undefined at once.
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'max-lines': ['error', 400],
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...syntax],
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-import-type-side-effects': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: false, requireDefaultForNonUnion: true },
      ],
      // Nest's modules are empty classes with a decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `return next();` is the shortest early exit.
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'all', ignoreRestSiblings: true },
      ],
      // Mongoose and many others take plain objects where their types name a class.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // What was caught or handed over as unknown is passed on as it is.
      '@typescript-eslint/only-throw-error': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      // A package's const enum cannot be named under isolatedModules, only its number cast.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // It asks for the `!` that no-non-null-assertion forbids.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Input that holds control characters is refused by expressions that name them.
      'no-control-regex': 'off',
      // An async function turns what it throws into a rejection even when it awaits nothing: callers rely on it.
      '@typescript-eslint/require-await': 'off',
    },
  },

  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ...environmentProperties, ...storeProperties],
      'no-restricted-syntax': ['error', ...syntax, ...storeSyntax],
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: [...storeImports, ...environmentImports] },
      ],
    },
  },
  {
    files: STORE,
    rules: { '@typescript-eslint/no-restricted-imports': ['error', { paths: environmentImports }] },
  },
  {
    // The doctor looks at the store from outside, and tries to go around the hooks.
    files: ['src/mongo/**', 'src/tenancy/**', 'src/doctor/{profile,backstops}.ts', 'src/doctor/walls/**'],
    rules: {
      'no-restricted-properties': ['error', ...environmentProperties],
      'no-restricted-syntax': ['error', ...syntax],
    },
  },
  { files: ENVIRONMENT, rules: { 'no-restricted-properties': ['error', ...storeProperties] } },
  { files: MAINS, rules: { 'no-console': 'off' } },

  {
    files: SPECS,
    rules: {
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', ...syntax],
      '@typescript-eslint/no-restricted-imports': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // Jest calls the default export of these, and they tell what they wait for.
    files: ['test/kit/global-setup.ts', 'test/kit/global-teardown.ts'],
    rules: { 'no-restricted-syntax': 'off', 'no-console': 'off' },
  },
  {
    // Answers are as loose as JSON is: a test reads the part that it asked for, and fails when it is not there.
    files: ['test/**', 'bench/**', 'examples/**'],
    rules: Object.fromEntries(
      ['assignment', 'member-access', 'return', 'call', 'argument'].map(what => [
        `@typescript-eslint/no-unsafe-${what}`,
        'off',
      ]),
    ),
  },
  { files: ['bench/**'], rules: { 'no-console': 'off' } },
  // React hands functions around as values of objects, typed like methods.
  { files: ['playground/**'], rules: { '@typescript-eslint/unbound-method': 'off' } },

  {
    files: ['**/*.mjs', '**/*.cjs'],
    rules: { 'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }] },
    languageOptions: {
      globals: Object.fromEntries(
        ['Buffer', 'URL', 'clearTimeout', 'console', 'fetch', 'performance', 'process', 'setTimeout'].map(
          name => [name, 'readonly'],
        ),
      ),
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'writable', require: 'readonly' } },
  },
);
