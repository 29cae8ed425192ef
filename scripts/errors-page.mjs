// Writes docs/errors.md from the error catalogue; run it after adding a code (`npm run build && node scripts/errors-page.mjs`).
import { writeFileSync } from 'node:fs';
import { ERROR_CATALOGUE } from '../dist/core/errors.js';

const rows = Object.entries(ERROR_CATALOGUE).map(
  ([code, { meaning, remedy }]) => `| \`${code}\` | ${meaning} | ${remedy} |`,
);
writeFileSync(
  new URL('../docs/errors.md', import.meta.url),
  `# Errors

Every error that a person can meet has a code, says what happened, and what to do about it. An unexpected one also shows a
reference that stands in the log.

| code | meaning | remedy |
|---|---|---|
${rows.join('\n')}
`,
);
