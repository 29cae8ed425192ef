import type { TestProject } from 'vitest/node';

/** Says at the end of the whole fast suite how long it took and how to run the rest; nothing where some of its files, or others too, were run. */
export default function tellTheRest(project: TestProject): () => Promise<void> {
  const startedMs = performance.now();
  return async () => {
    const ran = project.vitest.state.getTestModules();
    const { testFiles } = await project.globTestFiles();
    if (project.vitest.projects.length > 1 || ran.length < testFiles.length) return;
    const tests = ran.reduce((sum, { children }) => sum + [...children.allTests()].length, 0);
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    process.stdout.write(
      `The fast suite: ${tests} tests in ${seconds} s. Servers, built programs and trainings: npm run test:slow; all: npm run test:all\n`,
    );
  };
}
