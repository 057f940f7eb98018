// Development only: every page with made-up people. `preview.html?scene=nine`, without a scene a list.
import { StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Landing, LeftPage, MeetingPage, PreJoin, TipProvider, type PreviewState } from '@parley/ui';
import { FakeMeeting, kDevices } from './fakeMeeting.ts';
import { paintedTrack } from './people.ts';
import { kScenes } from './scenes.ts';

const nothing = (): void => undefined;
const level = (): number => 0.04 + 0.03 * Math.sin(performance.now() / 200);

function FakePreJoin({ blocked }: { readonly blocked: boolean }) {
  const [track] = useState(() => paintedTrack(0, 'person'));
  const [camera, setCamera] = useState(!blocked);
  const [mic, setMic] = useState(true);
  const preview: PreviewState = {
    mic: { kind: mic ? 'on' : 'off' },
    camera: blocked
      ? { kind: 'blocked', message: 'Your camera is blocked for this page. Allow it to be seen and heard.' }
      : { kind: camera ? 'on' : 'off' },
    track,
    asking: blocked,
  };
  return (
    <TipProvider>
      <PreJoin
        room="blue-fox-hill"
        name={blocked ? '' : 'Ana Barros'}
        preview={preview}
        devices={kDevices}
        level={level}
        inside={blocked ? null : ['Bo Lindqvist', 'Chidi Okafor']}
        problem={null}
        busy={false}
        onMic={setMic}
        onCamera={setCamera}
        onChoose={nothing}
        onJoin={nothing}
        onHome={nothing}
      />
    </TipProvider>
  );
}

function Scene({ name }: { readonly name: string }) {
  const [meeting] = useState(() => {
    const scene = kScenes[name];
    return scene === undefined ? null : new FakeMeeting('blue-fox-hill', scene);
  });
  // For the console: fakeMeeting.replaceTrack('p2').
  useEffect(() => void Object.assign(window, { fakeMeeting: meeting }), [meeting]);
  if (meeting !== null) {
    return (
      <MeetingPage
        meeting={meeting}
        link="https://meet.example.org/r/blue-fox-hill"
        onLeave={() => (location.search = '?scene=left')}
      />
    );
  }
  switch (name) {
    case 'landing':
      return (
        <Landing
          recent={[
            'blue-fox-hill',
            'design-review',
            'a-room-with-a-very-long-name-that-somebody-typed-for-fun-64',
          ]}
          problem={null}
          onNew={nothing}
          onJoin={nothing}
          onForget={nothing}
        />
      );
    case 'prejoin':
    case 'prejoin-blocked':
      return <FakePreJoin blocked={name === 'prejoin-blocked'} />;
    case 'left':
    case 'lost':
      return (
        <LeftPage
          room="blue-fox-hill"
          reason={name}
          message=""
          onRejoin={() => history.back()}
          onHome={nothing}
        />
      );
    default:
      return <Index />;
  }
}

function Index() {
  const names = ['landing', 'prejoin', 'prejoin-blocked', 'left', 'lost', ...Object.keys(kScenes)];
  return (
    <ul style={{ padding: 24, lineHeight: 2 }}>
      {names.map((name) => (
        <li key={name}>
          <a href={`?scene=${name}`} style={{ color: 'var(--accent-text)' }}>
            {name}
          </a>
        </li>
      ))}
    </ul>
  );
}

const root = document.getElementById('root');
if (root !== null) {
  createRoot(root).render(
    <StrictMode>
      <Scene name={new URLSearchParams(location.search).get('scene') ?? ''} />
    </StrictMode>,
  );
}
