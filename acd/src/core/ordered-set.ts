interface Node<T> {
  item: T;
  size: number;
  left: Node<T> | null;
  right: Node<T> | null;
}

// Weight-balanced tree (Nievergelt & Reingold 1973) with the parameters proved by Hirai & Yamamoto 2011: <3, 2>.
// Chosen over a heap because a place in a queue is a rank, and the sizes that keep the balance give the rank for nothing.
const DELTA = 3;
const RATIO = 2;

/**
 * A set kept in the order of `compare`. `add`, `delete`, `rank`, `at` and `after` take O(log n), `first` and `size` O(1).
 * Items that compare equal are the same item; an item's order must not change while it is in the set.
 */
export class OrderedSet<T> implements Iterable<T> {
  readonly #compare: (a: T, b: T) => number;
  #root: Node<T> | null = null;
  #first: T | undefined;
  #changed = false;

  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return sizeOf(this.#root);
  }

  /** The item before all others. */
  get first(): T | undefined {
    return this.#first;
  }

  /** @returns false when an equal item was there already; then nothing changes. */
  add(item: T): boolean {
    this.#changed = false;
    this.#root = this.#insert(this.#root, item);
    if (this.#changed && (this.#first === undefined || this.#compare(item, this.#first) < 0)) this.#first = item;
    return this.#changed;
  }

  /** @returns false when no equal item was there. */
  delete(item: T): boolean {
    this.#changed = false;
    this.#root = this.#remove(this.#root, item);
    if (this.#changed && this.#first !== undefined && this.#compare(item, this.#first) === 0) this.#first = leftmost(this.#root)?.item;
    return this.#changed;
  }

  has(item: T): boolean {
    let node = this.#root;
    while (node) {
      const order = this.#compare(item, node.item);
      if (order === 0) return true;
      node = order < 0 ? node.left : node.right;
    }
    return false;
  }

  /** How many items stand before this one, whether or not it is in the set. */
  rank(item: T): number {
    let node = this.#root;
    let before = 0;
    while (node) {
      const order = this.#compare(item, node.item);
      if (order === 0) return before + sizeOf(node.left);
      if (order < 0) {
        node = node.left;
      } else {
        before += sizeOf(node.left) + 1;
        node = node.right;
      }
    }
    return before;
  }

  /** The item with so many before it; undefined when there are not so many. */
  at(rank: number): T | undefined {
    let node = this.#root;
    let before = rank;
    while (node) {
      const left = sizeOf(node.left);
      if (before === left) return node.item;
      if (before < left) {
        node = node.left;
      } else {
        before -= left + 1;
        node = node.right;
      }
    }
    return undefined;
  }

  /** The first item that comes after this one, whether or not it is in the set. */
  after(item: T): T | undefined {
    let node = this.#root;
    let next: T | undefined;
    while (node) {
      if (this.#compare(item, node.item) < 0) {
        next = node.item;
        node = node.left;
      } else {
        node = node.right;
      }
    }
    return next;
  }

  clear(): void {
    this.#root = null;
    this.#first = undefined;
  }

  *[Symbol.iterator](): Iterator<T> {
    const path: Node<T>[] = [];
    let node = this.#root;
    while (node || path.length > 0) {
      while (node) {
        path.push(node);
        node = node.left;
      }
      const next = path.pop();
      if (!next) return;
      yield next.item;
      node = next.right;
    }
  }

  /** Longest way from the root: a test for balance. */
  get depth(): number {
    const measure = (node: Node<T> | null): number => (node ? 1 + Math.max(measure(node.left), measure(node.right)) : 0);
    return measure(this.#root);
  }

  #insert(node: Node<T> | null, item: T): Node<T> {
    if (!node) {
      this.#changed = true;
      return { item, size: 1, left: null, right: null };
    }
    const order = this.#compare(item, node.item);
    if (order === 0) return node;
    if (order < 0) node.left = this.#insert(node.left, item);
    else node.right = this.#insert(node.right, item);
    return this.#changed ? balance(node) : node;
  }

  #remove(node: Node<T> | null, item: T): Node<T> | null {
    if (!node) return null;
    const order = this.#compare(item, node.item);
    if (order < 0) node.left = this.#remove(node.left, item);
    else if (order > 0) node.right = this.#remove(node.right, item);
    else {
      this.#changed = true;
      if (!node.left) return node.right;
      if (!node.right) return node.left;
      const heir = leftmost(node.right);
      if (heir) {
        node.right = removeLeftmost(node.right);
        node.item = heir.item;
      }
    }
    return this.#changed ? balance(node) : node;
  }
}

function sizeOf<T>(node: Node<T> | null): number {
  return node ? node.size : 0;
}

function leftmost<T>(node: Node<T> | null): Node<T> | null {
  let n = node;
  while (n?.left) n = n.left;
  return n;
}

function removeLeftmost<T>(node: Node<T>): Node<T> | null {
  if (!node.left) return node.right;
  node.left = removeLeftmost(node.left);
  return balance(node);
}

function balance<T>(node: Node<T>): Node<T> {
  const l = sizeOf(node.left);
  const r = sizeOf(node.right);
  node.size = l + r + 1;
  if (l + r <= 1) return node;
  const { left, right } = node;
  if (right && r > DELTA * l) {
    if (sizeOf(right.left) >= RATIO * sizeOf(right.right)) node.right = rotateRight(right);
    return rotateLeft(node);
  }
  if (left && l > DELTA * r) {
    if (sizeOf(left.right) >= RATIO * sizeOf(left.left)) node.left = rotateLeft(left);
    return rotateRight(node);
  }
  return node;
}

function rotateLeft<T>(node: Node<T>): Node<T> {
  const up = node.right;
  if (!up) return node;
  node.right = up.left;
  up.left = node;
  return resized(node, up);
}

function rotateRight<T>(node: Node<T>): Node<T> {
  const up = node.left;
  if (!up) return node;
  node.left = up.right;
  up.right = node;
  return resized(node, up);
}

function resized<T>(down: Node<T>, up: Node<T>): Node<T> {
  down.size = sizeOf(down.left) + sizeOf(down.right) + 1;
  up.size = sizeOf(up.left) + sizeOf(up.right) + 1;
  return up;
}
