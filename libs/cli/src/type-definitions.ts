// A file of its own, to be loaded when it is asked for: it brings a whole compiler of schemas with it.
export { generateTypes } from '@nightshift/client/types';
