// expects: @typescript-eslint/switch-exhaustiveness-check
export const isOver = (status: 'running' | 'succeeded'): boolean | undefined => {
  switch (status) {
    case 'running':
      return false;
  }
};
