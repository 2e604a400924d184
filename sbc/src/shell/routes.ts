import type { Directory, LegOrigin, Logger } from '@yixian/contracts';
import { compileOutbound, type OutboundTrunk, type Route, type RoutingView, route } from '../core/routing.js';

export interface Routes {
  route(dialled: string, origin: LegOrigin): Route;
  /** What routing sees of the directory now. */
  view(): RoutingView;
  close(): void;
}

/** Routing over the directory as it stands; number rules are compiled once per change. */
export function createRoutes(deps: { directory: Directory; logger: Logger }): Routes {
  const { directory, logger } = deps;
  let trunks: readonly OutboundTrunk[] | undefined;
  const close = directory.onChange(() => {
    trunks = undefined;
  });

  function outboundTrunks(): readonly OutboundTrunk[] {
    if (trunks) return trunks;
    const compiled = compileOutbound(directory.trunks());
    for (const { trunkId, message } of compiled.problems) {
      logger.warn({ trunk: trunkId, field: 'outboundNumbers', problem: message }, 'trunk number rule ignored');
    }
    trunks = compiled.trunks;
    return trunks;
  }

  const view = (): RoutingView => ({
    accessCode: (number) => directory.accessCode(number),
    extension: (number) => directory.extension(number),
    group: (number) => directory.extensionGroup(number),
    isAgent: (extension) => directory.agent(extension) !== undefined,
    outboundTrunks: outboundTrunks(),
  });
  return { view, route: (dialled, origin) => route(view(), dialled, origin), close };
}
