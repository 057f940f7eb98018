import { useCallback, useState, useSyncExternalStore } from 'react';
import { Landing, TipProvider, newRoomName, text } from '@parley/ui';
import { keepSeat, recall, remember } from './remembered.ts';
import { linkTo, pathOf, routeOf } from './route.ts';
import { Room } from './Room.tsx';

const local = (): Storage => window.localStorage;
const tab = (): Storage => window.sessionStorage;

/** Even dice in [0, 1) from the browser's cryptographic ones. */
function dice(): number {
  return (crypto.getRandomValues(new Uint32Array(1))[0] ?? 0) / 2 ** 32;
}

function useAddress(): string {
  return useSyncExternalStore(
    (listener) => {
      window.addEventListener('popstate', listener);
      return () => window.removeEventListener('popstate', listener);
    },
    () => window.location.pathname + window.location.search,
  );
}

function go(path: string): void {
  window.history.pushState(null, '', path);
  window.dispatchEvent(new PopStateEvent('popstate'));
}

const goHome = (): void => go('/');
const goToRoom = (room: string): void => go(pathOf(room));

export function App() {
  useAddress();
  const { pathname, search, origin } = window.location;
  const route = routeOf(pathname, search);
  if (route.kind === 'room') {
    return (
      <TipProvider>
        <Room
          key={route.room}
          room={route.room}
          wishes={route.wishes}
          link={linkTo(origin, route.room)}
          local={local}
          tab={tab}
          onHome={goHome}
        />
      </TipProvider>
    );
  }
  return <LandingPage key={route.kind} problem={route.kind === 'bad-room' ? text.landing.badRoom : null} />;
}

function LandingPage({ problem }: { readonly problem: string | null }) {
  const [recent, setRecent] = useState(() => recall(local).recent);
  const forget = useCallback((room: string) => {
    const rest = recall(local).recent.filter((other) => other !== room);
    remember(local, { recent: rest });
    keepSeat(tab, room, null);
    setRecent(rest);
  }, []);
  return (
    <Landing
      recent={recent}
      problem={problem}
      onNew={() => goToRoom(newRoomName(dice))}
      onJoin={goToRoom}
      onForget={forget}
    />
  );
}
