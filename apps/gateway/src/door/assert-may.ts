import { Failure, hasRole, type Operation, type Role } from '@nightshift/contracts';
import type { Grant } from './grant.ts';

const covers = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name;

/** Whether somebody may start a workflow. */
export const mayStart = ({ role, starts }: Grant, workflow: string): boolean =>
  (role !== null && hasRole(role, 'operator')) || starts.some((pattern) => covers(pattern, workflow));

/** @param workflow that he wanted to start, if that was it */
export const notAllowed = ({ role }: Grant, needed: Role, workflow?: string): Failure =>
  new Failure('auth.forbidden', {
    detail: `This needs the role ${needed}${workflow === undefined ? '' : `, or the right to start ${workflow}`}; the credentials have ${role === null ? 'no role' : `the role ${role}`}.`,
  });

/**
 * Whether somebody may ask for an operation.
 * @param params of its path
 * @throws Failure `auth.forbidden`, saying what he would need, `auth.not_for_users`
 */
export const assertMay = (grant: Grant, operation: Operation, params: Record<string, string>): void => {
  const { access, starts } = operation;
  if (access === 'public') return;
  // What is answered elsewhere is filtered for nobody.
  if (grant.caller.user !== undefined && !operation.forUsers)
    throw new Failure('auth.not_for_users', { detail: 'The credentials are of a user.' });
  if (grant.role !== null && hasRole(grant.role, access)) return;
  const workflow = starts ? params['name'] : undefined;
  if (workflow === undefined || !mayStart(grant, workflow)) throw notAllowed(grant, access, workflow);
};
