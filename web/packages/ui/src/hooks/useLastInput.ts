// Keyboard or pointer: what the person used last. Decides whether the bars may hide and what Space means.

type Input = 'pointer' | 'keyboard';
let last: Input = 'pointer';
let installed = false;

const kNavigation = new Set([
  'Tab',
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
  'Escape',
]);

export function watchInput(): void {
  if (installed || typeof window === 'undefined') return;
  installed = true;
  window.addEventListener('pointerdown', () => (last = 'pointer'), true);
  window.addEventListener('pointermove', () => (last = 'pointer'), true);
  window.addEventListener(
    'keydown',
    (event) => {
      if (kNavigation.has(event.key)) last = 'keyboard';
    },
    true,
  );
}

export const lastInput = (): Input => last;
