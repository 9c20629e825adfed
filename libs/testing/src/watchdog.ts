import { spawn, type ChildProcess } from 'node:child_process';

/**
 * A shell that reads our orders from a pipe. The kernel closes the pipe when this process ends, however it ends, so
 * even after `kill -9` somebody is left to stop our children. It lives in a session of its own: neither Ctrl-C nor a
 * signal to our process group reaches it. After two seconds what still lives is killed, then the folders are removed.
 */
const script = `
watched=; folders=
while read -r order pid name; do
  case $order in
    watch) watched="$watched $pid:$name" ;;
    forget) kept=; for entry in $watched; do [ "\${entry%%:*}" = "$pid" ] || kept="$kept $entry"; done; watched=$kept ;;
    remove) folders="$folders $pid" ;;
  esac
done
for entry in $watched; do kill -s "\${entry#*:}" "\${entry%%:*}" 2>/dev/null; done
for turn in 1 2 3 4 5 6 7 8 9 10; do
  alive=; for entry in $watched; do kill -0 "\${entry%%:*}" 2>/dev/null && alive="$alive \${entry%%:*}"; done
  [ -z "$alive" ] && break
  sleep 0.2
done
for pid in $alive; do kill -s KILL "$pid" 2>/dev/null; done
[ -n "$folders" ] && rm -rf $folders
exit 0
`;

let shell: ChildProcess | undefined;

const order = (line: string): void => {
  if (shell === undefined) {
    shell = spawn('sh', ['-c', script], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
    shell.on('error', () => undefined);
    shell.stdin?.on('error', () => undefined);
    shell.unref();
    // The pipe alone must not keep this process from ending.
    (shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  }
  shell.stdin?.write(`${line}\n`);
};

/** From now on the process gets `signalName` (without SIG) as soon as this process has ended. */
export const watch = (pid: number, signalName: 'TERM' | 'QUIT' | 'KILL'): void => order(`watch ${pid} ${signalName}`);

/** The process has ended: its id may belong to another from now on. */
export const forget = (pid: number): void => order(`forget ${pid}`);

/** A temporary folder goes when this process has ended. */
export const removeAtEnd = (folder: string): void => {
  if (!/^\/[\w./-]+$/.test(folder)) throw new Error(`not a folder the watchdog can remove: ${folder}`);
  order(`remove ${folder}`);
};
