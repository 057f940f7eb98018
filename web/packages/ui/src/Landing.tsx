import { ArrowRight, Plus, X } from 'lucide-react';
import { useId, useState, type SubmitEvent } from 'react';
import { Wordmark } from './Controls.tsx';
import { ErrorBanner } from './Notices.tsx';
import { roomFrom } from './rooms.ts';
import { text } from './strings.ts';
import './Landing.css';

export interface LandingProps {
  readonly recent: readonly string[];
  /** Why the page was reached, when something was wrong with the address. */
  readonly problem: string | null;
  readonly onNew: () => void;
  readonly onJoin: (room: string) => void;
  readonly onForget: (room: string) => void;
}

export function Landing({ recent, problem, onNew, onJoin, onForget }: LandingProps) {
  const id = useId();
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState<string | null>(problem);
  const submit = (event: SubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    if (typed.trim() === '') {
      setWrong(text.landing.empty);
      return;
    }
    const room = roomFrom(typed);
    if (room === null) setWrong(text.landing.badRoom);
    else onJoin(room);
  };
  return (
    <main className="p-page-centre">
      <div className="p-landing">
        <Wordmark />
        <h1>{text.tagline}</h1>
        <button
          type="button"
          className="p-btn p-btn-primary p-btn-large"
          data-testid="new-meeting"
          onClick={onNew}
        >
          <Plus aria-hidden="true" />
          {text.landing.newMeeting}
        </button>
        <form className="p-field" onSubmit={submit} noValidate>
          <label className="p-label" htmlFor={id}>
            {text.landing.roomLabel}
          </label>
          <div className="p-row">
            <input
              id={id}
              className="p-input"
              data-testid="room-input"
              value={typed}
              placeholder={text.landing.roomPlaceholder}
              autoCapitalize="none"
              autoComplete="off"
              spellCheck={false}
              aria-invalid={wrong !== null}
              onChange={(event) => {
                setTyped(event.target.value);
                setWrong(null);
              }}
            />
            <button type="submit" className="p-btn" data-testid="join-room">
              {text.landing.join}
            </button>
          </div>
          {wrong === null ? null : <ErrorBanner words={wrong} />}
        </form>
        {recent.length > 0 ? (
          <section aria-label={text.landing.recent}>
            <h2 className="p-label">{text.landing.recent}</h2>
            <ul className="p-recent">
              {recent.map((room) => (
                <li key={room}>
                  <button type="button" className="p-recent-room" onClick={() => onJoin(room)}>
                    <span>{room}</span>
                    <ArrowRight aria-hidden="true" />
                  </button>
                  <button
                    type="button"
                    className="p-btn p-btn-icon"
                    aria-label={text.landing.forget(room)}
                    title={text.landing.forget(room)}
                    onClick={() => onForget(room)}
                  >
                    <X aria-hidden="true" />
                  </button>
                </li>
              ))}
            </ul>
          </section>
        ) : null}
      </div>
    </main>
  );
}
