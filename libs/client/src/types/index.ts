export { generateTypes, type GenerateTypesOptions, type TypesSource } from './generate-types.ts';
