import { parseArgs } from 'node:util';
import { join, resolve } from 'node:path';
import { workspaceRoot, type ServiceName } from '@nightshift/testing';

export interface Settings {
  /** Where everything that survives a restart lives. */
  directory: string;
  replicas: number;
  ports: Ports;
  /** What was said to the services, such as `NIGHTSHIFT_LOG_LEVEL`: every variable of ours that is not about this tool. */
  serviceEnv: Record<string, string>;
}

export type Ports = Record<PortName, number>;

export type PortName = ServiceName | 'postgres' | 'nats';

/** Of each port: the variable and the flag that change it, and the number it has otherwise. */
export const portSettings: Record<PortName, { variable: string; flag: string; standard: number }> = {
  gateway: { variable: 'NIGHTSHIFT_PORT', flag: 'port', standard: 4400 },
  scheduler: { variable: 'NIGHTSHIFT_SCHEDULER_PORT', flag: 'scheduler-port', standard: 4401 },
  executor: { variable: 'NIGHTSHIFT_EXECUTOR_PORT', flag: 'executor-port', standard: 4402 },
  trigger: { variable: 'NIGHTSHIFT_TRIGGER_PORT', flag: 'trigger-port', standard: 4403 },
  data: { variable: 'NIGHTSHIFT_DATA_PORT', flag: 'data-port', standard: 4404 },
  nats: { variable: 'NIGHTSHIFT_NATS_PORT', flag: 'nats-port', standard: 4422 },
  postgres: { variable: 'NIGHTSHIFT_PG_PORT', flag: 'pg-port', standard: 4432 },
};

export const portNames = Object.keys(portSettings) as PortName[];

export const usage = `npm start [-- options]

  --replicas N        how many of each service (1); the others take free ports
  --directory PATH    where the data lives (.nightshift; NIGHTSHIFT_DIRECTORY)
${portNames.map((name) => `  --${portSettings[name].flag.padEnd(18)}${name}'s (${portSettings[name].standard}; ${portSettings[name].variable})`).join('\n')}`;

/** Flags win over the environment. Throws an error whose message names every wrong value and shows the usage. */
export const readSettings = (args: string[], env: NodeJS.ProcessEnv): Settings => {
  const options = Object.fromEntries(
    ['replicas', 'directory', ...portNames.map((name) => portSettings[name].flag)].map((flag) => [
      flag,
      { type: 'string' as const },
    ]),
  );
  const problems: string[] = [];
  const flags = parseFlags(args, options, problems);

  const number = (text: string, what: string, lowest: number, highest: number): number => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (!(value >= lowest && value <= highest)) problems.push(`${what} must be a number from ${lowest} to ${highest}`);
    return value;
  };
  const portEntries = portNames.map((name) => {
    const { flag, variable, standard } = portSettings[name];
    const text = flags[flag] ?? env[variable] ?? String(standard);
    return [name, number(text, flags[flag] === undefined ? variable : `--${flag}`, 1, 65_535)] as const;
  });
  for (const [name, port] of portEntries) {
    const twin = portEntries.find(([other, taken]) => other !== name && taken === port);
    if (twin !== undefined) problems.push(`${name} and ${twin[0]} cannot both have port ${port}`);
  }
  const replicas = number(flags.replicas ?? '1', '--replicas', 1, 32);
  if (problems.length > 0) throw new Error(`${problems.join('\n')}\n\n${usage}`);
  const directory = flags.directory ?? env.NIGHTSHIFT_DIRECTORY ?? join(workspaceRoot, '.nightshift');
  const ports = Object.fromEntries(portEntries) as Ports;
  return { directory: resolve(directory), replicas, ports, serviceEnv: forServices(env) };
};

const forServices = (env: NodeJS.ProcessEnv): Record<string, string> => {
  const own = ['NIGHTSHIFT_DIRECTORY', ...portNames.map((name) => portSettings[name].variable)];
  const entries = Object.entries(env).filter(([name]) => name.startsWith('NIGHTSHIFT_') && !own.includes(name));
  return Object.fromEntries(entries) as Record<string, string>;
};

const parseFlags = (
  args: string[],
  options: Record<string, { type: 'string' }>,
  problems: string[],
): Record<string, string | undefined> => {
  try {
    return parseArgs({ args, options }).values;
  } catch (error) {
    problems.push((error as Error).message);
    return {};
  }
};
