import type { Cluster, NodeId } from '@yixian/contracts';
import type { Registrar } from '../registrar/registrar.js';
import type { RegistrarShare } from '../registrar/shared.js';
import { REGISTRATIONS, type RegistrationsSaid } from './said.js';

export interface SharedRegistrationsDeps {
  cluster: Cluster;
  registrar(): Registrar;
  /** This process has taken over what another one kept. */
  inherited(node: NodeId): void;
}

/** Keeps the registrars of all processes alike: each says which contacts are its own, at every change and to whoever comes. */
export class SharedRegistrations implements RegistrarShare {
  readonly #deps: SharedRegistrationsDeps;
  readonly #stops: Array<() => void> = [];

  constructor(deps: SharedRegistrationsDeps) {
    this.#deps = deps;
  }

  get self(): NodeId {
    return this.#deps.cluster.self.node;
  }

  alive(node: NodeId): boolean {
    return this.#deps.cluster.nodes().some((n) => n.node === node);
  }

  own(extension: string, bindings: Parameters<RegistrarShare['own']>[1]): void {
    this.#broadcast({ do: 'own', extension, bindings });
  }

  dropped(extension: string, contacts: readonly string[], at: number): void {
    this.#broadcast({ do: 'dropped', extension, contacts, at });
  }

  start(): void {
    const { cluster } = this.#deps;
    this.#stops.push(
      cluster.receive(REGISTRATIONS, ({ from, body }) => {
        if (from !== this.self) this.#told(from, body as RegistrationsSaid);
      }),
      cluster.onNodes(({ node, kind }) => {
        if (kind === 'joined') this.#tell(node.node);
        if (kind === 'left') this.#left(node.node);
      }),
    );
    this.#broadcast({ do: 'hello', bindings: this.#all() });
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
  }

  #told(from: NodeId, said: RegistrationsSaid): void {
    const registrar = this.#deps.registrar();
    if (said.do === 'own') registrar.told(from, said.extension, said.bindings);
    else if (said.do === 'dropped') registrar.toldDropped(from, said.extension, said.contacts, said.at);
    else registrar.toldAll(from, new Map(said.bindings));
    if (said.do === 'hello') this.#tell(from);
  }

  #left(node: NodeId): void {
    const heir = [...this.#deps.cluster.nodes()].map((n) => n.node).sort()[0] ?? this.self;
    this.#deps.registrar().left(node, heir);
    if (heir === this.self) this.#deps.inherited(node);
  }

  #all(): Extract<RegistrationsSaid, { do: 'all' | 'hello' }>['bindings'] {
    return [...this.#deps.registrar().own()];
  }

  #tell(node: NodeId): void {
    this.#deps.cluster.post(node, REGISTRATIONS, { do: 'all', bindings: this.#all() } satisfies RegistrationsSaid);
  }

  #broadcast(said: RegistrationsSaid): void {
    this.#deps.cluster.broadcast(REGISTRATIONS, said);
  }
}
