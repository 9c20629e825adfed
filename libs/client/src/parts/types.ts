import type { DeclareTypeBody, Page, PrivacyRule, TypeDefinition, TypePrivacy } from '@nightshift/contracts';
import { pathOf, type Http } from '../transport/http.ts';

export const makeTypes = (http: Http) => ({
  /** Declares a type, adds fields to it, or attaches a table that is there already. */
  declare: (name: string, fields: DeclareTypeBody['fields']): Promise<TypeDefinition> =>
    http.json({ method: 'PUT', path: pathOf('v1', 'types', name), json: { fields } }),
  /** What users may do with things of the type. */
  privacy: (name: string): Promise<TypePrivacy> => http.json({ path: pathOf('v1', 'types', name, 'privacy') }),
  /** Sets all the rules of the type, in place of those before. */
  setPrivacy: (name: string, rules: PrivacyRule[]): Promise<TypePrivacy> =>
    http.json({ method: 'PUT', path: pathOf('v1', 'types', name, 'privacy'), json: { rules } }),
  list: async (): Promise<TypeDefinition[]> => (await http.json<Page<TypeDefinition>>({ path: '/v1/types' })).items,
});
