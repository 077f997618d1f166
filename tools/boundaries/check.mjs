/**
 * Proves that the module boundaries are on: lints a file that breaks them, as if it lay in a project, and expects the
 * rule to speak. A linter that passes it fails this check.
 */
import { ESLint } from 'eslint';

/** [path that the text pretends to have, text, what makes it wrong] */
const fixtures = [
  [
    'services/web/src/boundary.fixture.ts',
    "import '../../key-manager/src/main';\n",
    'a service imports another service',
  ],
  ['console/src/boundary.fixture.ts', "import '@muster/database';\n", 'the console imports a server library'],
  ['libs/contracts/src/boundary.fixture.ts', "import '@muster/bus';\n", 'the contracts import something of ours'],
  ['agent/src/boundary.fixture.ts', "import '../../services/web/src/main';\n", 'the agent reaches into a service'],
];

const eslint = new ESLint();
let silent = 0;
for (const [filePath, text, why] of fixtures) {
  const [result] = await eslint.lintText(text, { filePath });
  const spoke = result?.messages.some(({ ruleId }) => ruleId === '@nx/enforce-module-boundaries');
  if (!spoke) {
    silent += 1;
    console.error(`the linter let this pass: ${why} (${filePath})`);
  }
}
process.exit(silent > 0 ? 1 : 0);
