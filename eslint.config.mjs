import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** What each kind of project may import. ARCHITECTURE.md draws it; `tools/boundaries` proves that the rule is on. */
const depConstraints = [
  { sourceTag: 'lib:contracts', onlyDependOnLibsWithTags: [] },
  { sourceTag: 'lib:bus', onlyDependOnLibsWithTags: ['lib:contracts'] },
  { sourceTag: 'lib:database', onlyDependOnLibsWithTags: ['lib:contracts'] },
  { sourceTag: 'lib:service-kit', onlyDependOnLibsWithTags: ['lib:contracts', 'lib:bus', 'lib:database'] },
  {
    sourceTag: 'lib:testing',
    onlyDependOnLibsWithTags: ['lib:contracts', 'lib:bus', 'lib:database', 'lib:service-kit'],
  },
  {
    sourceTag: 'type:service',
    onlyDependOnLibsWithTags: ['lib:contracts', 'lib:bus', 'lib:database', 'lib:service-kit', 'lib:testing'],
  },
  { sourceTag: 'type:agent', onlyDependOnLibsWithTags: ['lib:contracts', 'lib:testing'] },
  { sourceTag: 'type:console', onlyDependOnLibsWithTags: ['lib:contracts'] },
  { sourceTag: 'type:cli', onlyDependOnLibsWithTags: ['lib:contracts', 'lib:database', 'lib:testing'] },
  { sourceTag: 'type:local-stack', onlyDependOnLibsWithTags: ['lib:contracts', 'lib:bus', 'lib:database'] },
  {
    sourceTag: 'type:stack-setup',
    onlyDependOnLibsWithTags: ['lib:contracts', 'lib:bus', 'lib:database', 'lib:testing'],
  },
  { sourceTag: 'type:e2e', onlyDependOnLibsWithTags: ['lib:contracts', 'lib:testing'] },
];

/** A library's tests run against the real servers that libs/testing starts, which itself builds on the library. */
const ignoredCircularDependencies = [
  ['@muster/bus', '@muster/testing'],
  ['@muster/database', '@muster/testing'],
  ['@muster/service-kit', '@muster/testing'],
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '.muster/**'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { allow: [], enforceBuildableLibDependency: false, ignoredCircularDependencies, depConstraints },
      ],
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-explicit-any': 'error',
      eqeqeq: ['error', 'always'],
      'no-console': 'error',
    },
  },
  {
    files: ['libs/**/*.spec.ts', 'libs/*/src/{spec,testing}/**'],
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: ['@muster/testing'],
          enforceBuildableLibDependency: false,
          ignoredCircularDependencies,
          depConstraints,
        },
      ],
    },
  },
  {
    // libs/testing is for tests: no shipped file may import it.
    files: ['services/**/*.ts', 'agent/**/*.ts', 'cli/**/*.ts'],
    ignores: ['**/*.spec.ts', '**/testing/**', '**/standalone/**', '**/*.config.ts'],
    rules: {
      'no-restricted-imports': ['error', { paths: [{ name: '@muster/testing', message: 'only tests may import it' }] }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'configuration is read once, by the configuration class' },
      ],
    },
  },
  { files: ['console/**/*.tsx', 'console/**/*.ts'], ...reactHooks.configs.flat.recommended },
  {
    files: [
      'local-stack/**/*.ts',
      'compose/setup/**/*.ts',
      'e2e/**/*.ts',
      'e2e-compose/**/*.ts',
      'agent/**/*.ts',
      'cli/**/*.ts',
      'tools/**/*.mjs',
      'deploy/images/*.mjs',
    ],
    rules: { 'no-console': 'off' },
  },
  prettier,
);
