import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

/** One line per finished test file; `npm test` shows them while it runs and the failures at the end. */
export default class FileReporter implements Reporter {
  onTestModuleEnd(file: TestModule): void {
    const tests = [...file.children.allTests()];
    const failed = tests.filter((test) => test.result().state === 'failed').length;
    const mark = file.state() === 'failed' ? '✗' : '✓';
    const seconds = (file.diagnostic().duration / 1000).toFixed(1);
    const counts = failed === 0 ? `${tests.length} tests` : `${failed} of ${tests.length} tests failed`;
    process.stdout.write(`  ${mark} ${relative(process.cwd(), file.moduleId)} (${counts}, ${seconds} s)\n`);
  }
}
