const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same value, with the keys of its objects in the order that another one has them, so that a diff shows what differs and not where it stands. */
export const orderLike = (model: unknown, value: unknown): unknown => {
  if (Array.isArray(model) && Array.isArray(value)) return value.map((item, index) => orderLike(model[index], item));
  if (!isObject(model) || !isObject(value)) return value;
  const keys = [
    ...Object.keys(model).filter((key) => key in value),
    ...Object.keys(value).filter((key) => !(key in model)),
  ];
  return Object.fromEntries(keys.map((key) => [key, orderLike(model[key], value[key])]));
};
