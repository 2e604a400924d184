import { type ReactNode, useId } from 'react';

/** A framed part of a page with a heading; lighter than a card of the library. */
export function Panel({ title, extra, children }: { title: ReactNode; extra?: ReactNode; children: ReactNode }) {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {extra}
      </header>
      <div>{children}</div>
    </section>
  );
}
