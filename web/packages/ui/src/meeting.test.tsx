import { act, fireEvent, render, screen, within } from '@testing-library/react';
import axe from 'axe-core';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { MeetingPage } from './MeetingPage.tsx';
import { participant, people, RecordingMeeting, snapshot } from './testing/people.ts';

const show = (meeting: RecordingMeeting) =>
  render(
    <MeetingPage
      meeting={meeting}
      link="https://meet.example.org/r/blue-fox"
      onLeave={() => meeting.leave()}
    />,
  );

const tiles = (): HTMLElement[] => screen.getAllByTestId('tile');
const key = (name: string, target: Element = document.body): boolean =>
  fireEvent.keyDown(target, { key: name });

describe('MeetingPage', () => {
  beforeEach(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: false });
  });

  it('names the room and how media runs', () => {
    show(new RecordingMeeting(snapshot({ topology: 'p2p' })));
    const root = screen.getByTestId('meeting');
    expect(root.dataset).toMatchObject({ topology: 'p2p', room: 'blue-fox' });
    expect(screen.getByTestId('path-badge').textContent).toBe('Direct');
  });

  it('shows one tile for each source, with what programs read', () => {
    const sharing = participant('p2', { screenOn: true, micOn: false });
    show(new RecordingMeeting(snapshot({ participants: [participant('p1'), sharing] })));
    expect(tiles().map((tile) => [tile.dataset.participant, tile.dataset.source, tile.dataset.self])).toEqual(
      [
        ['p2', 'screen', 'false'],
        ['p1', 'camera', 'true'],
        ['p2', 'camera', 'false'],
      ],
    );
    const camera = tiles()[2];
    expect(camera?.dataset).toMatchObject({
      name: 'Name of p2',
      muted: 'true',
      speaking: 'false',
      playing: 'false',
    });
    expect(camera?.querySelectorAll('video')).toHaveLength(1);
    expect(camera?.querySelector('video')?.muted).toBe(true);
  });

  it('asks for visible remote pictures, and for none when the page is hidden', () => {
    const meeting = new RecordingMeeting(snapshot({ participants: people(12) }));
    show(meeting);
    expect(meeting.views.map((view) => view.participant)).toEqual([
      'p2',
      'p3',
      'p4',
      'p5',
      'p6',
      'p7',
      'p8',
      'p9',
    ]);
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    expect(meeting.views).toEqual([]);
    Object.defineProperty(document, 'hidden', { configurable: true, value: false });
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    expect(meeting.views).toHaveLength(8);
  });

  it('asks for none from the start when the page was opened hidden', () => {
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    const meeting = new RecordingMeeting(snapshot({ participants: people(3) }));
    let told = 0;
    meeting.setView = (views) => {
      told += 1;
      expect(views).toEqual([]);
    };
    show(meeting);
    expect(told).toBe(1);
  });

  it('goes on asking while a picture stands in a window of its own', () => {
    const meeting = new RecordingMeeting(snapshot({ participants: people(3) }));
    show(meeting);
    Object.defineProperty(document, 'hidden', { configurable: true, value: true });
    Object.defineProperty(document, 'pictureInPictureElement', {
      configurable: true,
      value: document.createElement('video'),
    });
    act(() => void document.dispatchEvent(new Event('visibilitychange')));
    expect(meeting.views).toHaveLength(2);
    Object.defineProperty(document, 'pictureInPictureElement', { configurable: true, value: null });
    act(() => void document.dispatchEvent(new Event('leavepictureinpicture')));
    expect(meeting.views).toEqual([]);
  });

  it('says quietly what holds now', () => {
    const meeting = new RecordingMeeting(
      snapshot({ hints: [{ key: 'own', level: 'info', text: 'Your connection is slow.' }] }),
    );
    show(meeting);
    expect(screen.getByTestId('hint').textContent).toBe('Your connection is slow.');
    act(() => meeting.become({ hints: [] }));
    expect(screen.queryByTestId('hint')).toBeNull();
  });

  it('turns pages with the keys', () => {
    show(new RecordingMeeting(snapshot({ participants: people(12) })));
    expect(tiles()).toHaveLength(9);
    key('PageDown');
    expect(tiles().map((tile) => tile.dataset.participant)).toEqual(['p10', 'p11', 'p12']);
    key('PageUp');
    expect(tiles()).toHaveLength(9);
  });

  it('passes on every button', () => {
    const meeting = new RecordingMeeting(snapshot());
    show(meeting);
    for (const id of ['toggle-mic', 'toggle-camera', 'share-screen', 'raise-hand', 'leave']) {
      fireEvent.click(screen.getByTestId(id));
    }
    expect(meeting.asked).toEqual([
      ['mic', false],
      ['camera', false],
      ['share', true],
      ['hand', true],
      ['leave'],
    ]);
    expect(screen.getByTestId('toggle-mic').getAttribute('aria-pressed')).toBe('true');
    expect(screen.getByTestId('raise-hand').getAttribute('aria-pressed')).toBe('false');
  });

  it('obeys keys, but not while typing', () => {
    const meeting = new RecordingMeeting(snapshot());
    show(meeting);
    key('m');
    key('r');
    expect(meeting.asked).toEqual([
      ['mic', false],
      ['hand', true],
    ]);
    key('c');
    const input = screen.getByTestId('chat-input');
    expect(document.activeElement).toBe(input);
    key('m', input);
    expect(meeting.asked).toHaveLength(2);
  });

  it('lets a muted person talk while Space is held', () => {
    const meeting = new RecordingMeeting(snapshot({ mic: { kind: 'off' } }));
    show(meeting);
    key(' ');
    key(' ');
    fireEvent.keyUp(document.body, { key: ' ' });
    expect(meeting.asked).toEqual([
      ['mic', true],
      ['mic', false],
    ]);
  });

  it('gives the focus back when a panel closes, and keeps the draft', () => {
    show(new RecordingMeeting(snapshot()));
    const button = screen.getByTestId('open-chat');
    button.focus();
    fireEvent.click(button);
    fireEvent.change(screen.getByTestId('chat-input'), { target: { value: 'half a thou' } });
    key('Escape', screen.getByTestId('chat-input'));
    expect(screen.queryByTestId('chat-input')).toBeNull();
    expect(document.activeElement).toBe(button);
    fireEvent.click(button);
    expect(screen.getByTestId<HTMLTextAreaElement>('chat-input').value).toBe('half a thou');
  });

  it('sends chat by button and by Enter, and offers to retry', () => {
    const failed = {
      seq: null,
      key: 'k',
      from: 'p1',
      name: 'Me',
      text: 'x',
      time: 0,
      state: 'failed',
    } as const;
    const meeting = new RecordingMeeting(snapshot({ chat: [failed] }));
    show(meeting);
    key('c');
    const input = screen.getByTestId('chat-input');
    fireEvent.change(input, { target: { value: ' hello ' } });
    fireEvent.click(screen.getByTestId('chat-send'));
    fireEvent.change(input, { target: { value: 'again' } });
    key('Enter', input);
    fireEvent.click(screen.getByText('Try again'));
    expect(meeting.asked).toEqual([
      ['chat', 'hello'],
      ['chat', 'again'],
      ['retry', 'k'],
    ]);
    expect(screen.getByTestId('chat-message').dataset.from).toBe('p1');
  });

  it('lists people with raised hands on top and finds them without accents', () => {
    const who = [
      participant('p1'),
      participant('p2', { name: 'Zoë', hand: 2 }),
      participant('p3', { name: 'Bo' }),
      participant('p4', { name: 'Al', hand: 1 }),
    ];
    show(new RecordingMeeting(snapshot({ participants: who })));
    fireEvent.click(screen.getByTestId('open-participants'));
    const rows = (): (string | undefined)[] =>
      screen.getAllByTestId('participant-row').map((row) => row.dataset.participant);
    expect(rows()).toEqual(['p4', 'p2', 'p1', 'p3']);
    fireEvent.change(screen.getByLabelText('Search people'), { target: { value: 'zoe' } });
    expect(rows()).toEqual(['p2']);
  });

  it('invites when alone', () => {
    show(new RecordingMeeting(snapshot({ participants: people(1) })));
    const card = screen.getByRole('region', { name: 'You’re the only one here' });
    expect(within(card).getByRole('img', { name: /QR/ })).toBeDefined();
    expect(within(card).getByDisplayValue('https://meet.example.org/r/blue-fox')).toBeDefined();
  });

  it('says when the connection is being restored, and what went wrong', () => {
    const toasts = [{ id: 4, level: 'error', text: 'The screen could not be shared.' }] as const;
    const camera = { kind: 'blocked', message: 'Your camera is in use.' } as const;
    const meeting = new RecordingMeeting(
      snapshot({ connection: { kind: 'reconnecting', since: 0 }, toasts, camera }),
    );
    show(meeting);
    expect(screen.getByTestId('connection-banner').textContent).toContain('Reconnecting');
    expect(screen.getByTestId('error').textContent).toContain('Your camera is in use.');
    fireEvent.click(within(screen.getByTestId('toast')).getByRole('button'));
    expect(meeting.asked).toEqual([['dismiss', 4]]);
  });

  it('tells screen readers who came', () => {
    const meeting = new RecordingMeeting(snapshot({ participants: people(2) }));
    show(meeting);
    act(() => meeting.become({ participants: people(3) }));
    expect(screen.getByTestId('announcements').textContent).toBe('Name of p3 joined');
  });

  it('hides the controls after four seconds, and shows them when the pointer moves', () => {
    vi.useFakeTimers();
    try {
      show(new RecordingMeeting(snapshot()));
      fireEvent.pointerMove(window);
      act(() => void vi.advanceTimersByTime(3_900));
      expect(screen.getByTestId('meeting').dataset.idle).toBe('false');
      act(() => void vi.advanceTimersByTime(200));
      expect(screen.getByTestId('meeting').dataset.idle).toBe('true');
      fireEvent.pointerMove(window);
      expect(screen.getByTestId('meeting').dataset.idle).toBe('false');
    } finally {
      vi.useRealTimers();
    }
  });

  it('keeps the controls while a panel has the focus', () => {
    vi.useFakeTimers();
    try {
      show(new RecordingMeeting(snapshot()));
      key('c');
      fireEvent.pointerMove(window);
      act(() => void vi.advanceTimersByTime(20_000));
      expect(screen.getByTestId('meeting').dataset.idle).toBe('false');
    } finally {
      vi.useRealTimers();
    }
  });

  it.each(['none', 'c', 'p', '?'])('has no accessibility violations with %s open', async (panel) => {
    const { baseElement } = show(new RecordingMeeting(snapshot({ participants: people(4) })));
    if (panel !== 'none') key(panel);
    // Colours need a real layout; the rest does not.
    const { violations } = await axe.run(baseElement, {
      rules: { 'color-contrast': { enabled: false }, region: { enabled: false } },
    });
    expect(violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html ?? ''}`)).toEqual([]);
  });
});
