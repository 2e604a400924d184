import { type PictureName, pictureOf } from './pictures.js';

/** Seen only: what it says stands beside it, or is the name of what holds it. */
export function Picture({ name }: { name: PictureName }) {
  return <span aria-hidden className="sv-picture" style={{ backgroundImage: pictureOf(name) }} />;
}
