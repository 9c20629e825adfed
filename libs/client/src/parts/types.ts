import type { DeclareTypeBody, Page, PrivacyRule, TypeDefinition, TypePlan, TypePrivacy } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

/** What a declaration says beside the fields. */
export type DeclareMore = Omit<DeclareTypeBody, 'fields'>;

export const makeTypes = (http: Http) => ({
  /** Declares a type, adds and changes fields, renames it, or attaches a table that is there already. */
  declare: (name: string, fields: DeclareTypeBody['fields'], more: DeclareMore = {}): Promise<TypeDefinition> =>
    http.json({ method: 'PUT', path: pathOf('v1', 'types', name), json: { fields, ...more } }),
  /** What declaring would do and lose; its `hash` is what `confirm` has to say. */
  plan: (name: string, fields: DeclareTypeBody['fields'], more: DeclareMore = {}): Promise<TypePlan> =>
    http.json({
      method: 'PUT',
      path: pathOf('v1', 'types', name),
      query: { dryRun: true },
      json: { fields, ...more },
    }),
  /** Deletes a type with all its things; an attached table is only let go of. Answers with the plan, as it was done. */
  delete: (name: string, confirm?: string): Promise<TypePlan> =>
    http.json({ method: 'DELETE', path: pathOf('v1', 'types', name), query: { confirm } }),
  /** What deleting would do and lose; its `hash` is the confirmation. */
  planDeletion: (name: string): Promise<TypePlan> =>
    http.json({ method: 'DELETE', path: pathOf('v1', 'types', name), query: { dryRun: true } }),
  /** What users may do with things of the type. */
  privacy: (name: string): Promise<TypePrivacy> => http.json({ path: pathOf('v1', 'types', name, 'privacy') }),
  /** Sets all the rules of the type, in place of those before. */
  setPrivacy: (name: string, rules: PrivacyRule[]): Promise<TypePrivacy> =>
    http.json({ method: 'PUT', path: pathOf('v1', 'types', name, 'privacy'), json: { rules } }),
  list: async (): Promise<TypeDefinition[]> => (await http.json<Page<TypeDefinition>>({ path: '/v1/types' })).items,
});
