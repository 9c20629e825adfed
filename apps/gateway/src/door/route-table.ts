/** One route as it was registered: `/v1/runs/:id`. */
export interface Route {
  method: string;
  path: string;
}

/** Every route of the door, noted as it is registered: for "wrong method", and for the OpenAPI document. */
export interface RouteTable {
  add(method: string | readonly string[], path: string): void;
  /** Methods that a real path answers to; none if there is nothing at it. */
  methodsOf(path: string): string[];
  all(): readonly Route[];
}

const fits = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((part, index) => (part.startsWith(':') ? segments[index] !== '' : part === segments[index]));

const segmentsOf = (path: string): string[] => path.replace(/\/$/, '').split('/');

export const makeRouteTable = (): RouteTable => {
  const routes: (Route & { segments: string[] })[] = [];
  return {
    add: (method, path) => {
      for (const one of typeof method === 'string' ? [method] : method) {
        routes.push({ method: one, path, segments: segmentsOf(path) });
      }
    },
    methodsOf: (path) => {
      const segments = segmentsOf(path);
      return [...new Set(routes.filter((route) => fits(route.segments, segments)).map(({ method }) => method))];
    },
    all: () => routes,
  };
};
