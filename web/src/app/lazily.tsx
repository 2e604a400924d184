import { type ComponentType, lazy, useState } from 'react';

type Module<P> = { default: ComponentType<P> };

/**
 * A component whose code is loaded when it is first drawn, or before, by `load()`: what is there already is drawn at once. React keeps a
 * waiting view for 300 ms once it has shown it, so a part that comes a moment later is worth waiting for.
 */
export function lazily<P extends object>(read: () => Promise<Module<P>>) {
  let there: ComponentType<P> | undefined;
  const load = async (): Promise<Module<P>> => {
    const module = await read();
    there = module.default;
    return module;
  };
  const Late = lazy(load);
  /** Decided once for as long as it is shown: another component in the middle would lose its state. */
  function Lazily(props: P) {
    const [Shown] = useState<ComponentType<P>>(() => there ?? (Late as unknown as ComponentType<P>));
    return <Shown {...props} />;
  }
  return Object.assign(Lazily, { load });
}
