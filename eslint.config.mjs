import js from '@eslint/js';
import jsxA11y from 'eslint-plugin-jsx-a11y-x';
import reactHooks from 'eslint-plugin-react-hooks';
import simpleImportSort from 'eslint-plugin-simple-import-sort';
import { readFileSync } from 'node:fs';
import tseslint from 'typescript-eslint';

const { references } = JSON.parse(readFileSync(new URL('tsconfig.json', import.meta.url), 'utf8'));
const projects = references.map(({ path }) => (path.endsWith('.json') ? path : `${path}/tsconfig.json`));

export default tseslint.config(
  { ignores: ['dist/', 'release/', 'demo-output/', 'e2e-output/', '.tsbuild/', 'node_modules/'] },
  js.configs.recommended,
  {
    plugins: { 'simple-import-sort': simpleImportSort },
    rules: {
      // One block: side effects, packages, our own files from far to near; each by name.
      'simple-import-sort/imports': ['error', { groups: [['^\\u0000', '^@?\\w|^node:', '^\\.']] }],
    },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: {
        // The projects are those that `tsc -b` knows: one list, kept in tsconfig.json.
        project: projects,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/consistent-type-definitions': 'off',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_', argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: ['error', 'always'],
    },
  },
  {
    files: ['test/**/*.{ts,tsx}'],
    rules: {
      // A fixture of Vitest that needs no other one: its first parameter has to be a pattern.
      'no-empty-pattern': ['error', { allowObjectPatternsAsParameters: true }],
      'no-restricted-syntax': [
        'error',
        {
          // A regular expression has no own properties, so that every value has them all.
          selector:
            "CallExpression[callee.property.name='toMatchObject'] :matches(Property, ArrayExpression) > Literal[regex]",
          message: 'In toMatchObject a bare regular expression fits everything: expect.stringMatching(…) as string.',
        },
      ],
    },
  },
  {
    files: ['renderer/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: { 'react-hooks/rules-of-hooks': 'error', 'react-hooks/exhaustive-deps': 'error' },
  },
  {
    files: ['renderer/**/*.tsx'],
    plugins: { 'jsx-a11y-x': jsxA11y },
    rules: {
      ...jsxA11y.configs.strict.rules,
      // A studio's footage has no caption track that the player could show.
      'jsx-a11y-x/media-has-caption': 'off',
      // The buttons that a dialog focuses are React Aria's; the safe answer has the focus (ARIA Authoring Practices, alertdialog).
      'jsx-a11y-x/no-autofocus': ['error', { ignoreNonDOM: true }],
      // A canvas that shows one frame is a picture.
      'jsx-a11y-x/no-interactive-element-to-noninteractive-role': ['error', { canvas: ['img'] }],
      // A table that scrolls takes the focus, so that the arrow keys scroll it (WCAG 2.1.1).
      'jsx-a11y-x/no-noninteractive-tabindex': ['error', { tags: [], roles: ['tabpanel', 'table'] }],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
);
