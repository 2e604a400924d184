// A line at the top of the page that goes away by itself: for what a click came to. Needs nothing of the component library, so that
// the desk does not load its message boxes.

const STAY_MS = { error: 8_000, info: 12_000 };

let place: HTMLElement | undefined;

/** Says something to the user, also to one who cannot see it. A click puts it away. @param detail smaller, below */
export function notify(kind: 'error' | 'info', text: string, detail?: string): void {
  if (!place) {
    place = document.createElement('div');
    place.className = 'notices';
    document.body.append(place);
  }
  const line = document.createElement('div');
  line.className = 'notice';
  line.dataset.kind = kind;
  line.setAttribute('role', kind === 'error' ? 'alert' : 'status');
  line.textContent = text;
  if (detail !== undefined) {
    const small = document.createElement('small');
    small.textContent = detail;
    line.append(small);
  }
  const gone = (): void => line.remove();
  line.addEventListener('click', gone);
  place.append(line);
  setTimeout(gone, STAY_MS[kind]);
}
