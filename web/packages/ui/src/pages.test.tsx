import { fireEvent, render, screen } from '@testing-library/react';
import axe from 'axe-core';
import { describe, expect, it, vi } from 'vitest';
import { Landing } from './Landing.tsx';
import { LeftPage } from './LeftPage.tsx';
import { PreJoin, type PreJoinProps } from './PreJoin.tsx';
import { TipProvider } from './Controls.tsx';
import { kDevices } from './testing/people.ts';

async function violations(): Promise<string[]> {
  const result = await axe.run(document.body, { rules: { 'color-contrast': { enabled: false } } });
  return result.violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html ?? ''}`);
}

const nothing = (): void => undefined;

describe('Landing', () => {
  it('joins a typed or pasted room and explains a bad one', () => {
    const onJoin = vi.fn();
    render(<Landing recent={[]} problem={null} onNew={nothing} onJoin={onJoin} onForget={nothing} />);
    const input = screen.getByTestId('room-input');
    fireEvent.change(input, { target: { value: 'not a room!' } });
    fireEvent.click(screen.getByTestId('join-room'));
    expect(screen.getByTestId('error').textContent).toContain('1 to 64 characters');
    fireEvent.change(input, { target: { value: 'https://x.example/r/blue-fox' } });
    fireEvent.click(screen.getByTestId('join-room'));
    expect(onJoin.mock.calls).toEqual([['blue-fox']]);
  });

  it('starts new meetings and knows recent rooms', async () => {
    const onNew = vi.fn();
    const onJoin = vi.fn();
    const onForget = vi.fn();
    render(<Landing recent={['a-room']} problem={null} onNew={onNew} onJoin={onJoin} onForget={onForget} />);
    fireEvent.click(screen.getByTestId('new-meeting'));
    fireEvent.click(screen.getByText('a-room'));
    fireEvent.click(screen.getByLabelText('Forget a-room'));
    expect([onNew.mock.calls.length, onJoin.mock.calls, onForget.mock.calls]).toEqual([
      1,
      [['a-room']],
      [['a-room']],
    ]);
    expect(await violations()).toEqual([]);
  });
});

describe('PreJoin', () => {
  const base: PreJoinProps = {
    room: 'blue-fox',
    name: '',
    preview: { mic: { kind: 'on' }, camera: { kind: 'off' }, track: null, asking: false },
    devices: kDevices,
    level: () => 0,
    inside: ['Bo'],
    problem: null,
    busy: false,
    onMic: nothing,
    onCamera: nothing,
    onChoose: nothing,
    onJoin: nothing,
    onHome: nothing,
  };
  const show = (change: Partial<PreJoinProps>) =>
    render(
      <TipProvider>
        <PreJoin {...base} {...change} />
      </TipProvider>,
    );

  it('wants a name, then joins with it', () => {
    const onJoin = vi.fn();
    show({ onJoin });
    fireEvent.click(screen.getByTestId('join-button'));
    expect(screen.getByTestId('error').textContent).toContain('name');
    fireEvent.change(screen.getByTestId('name-input'), { target: { value: ' Ana ' } });
    fireEvent.click(screen.getByTestId('join-button'));
    expect(onJoin.mock.calls).toEqual([['Ana']]);
  });

  it('switches microphone and camera', () => {
    const onMic = vi.fn();
    const onCamera = vi.fn();
    show({ onMic, onCamera });
    expect(screen.getByTestId('prejoin-mic').getAttribute('aria-pressed')).toBe('true');
    fireEvent.click(screen.getByTestId('prejoin-mic'));
    fireEvent.click(screen.getByTestId('prejoin-camera'));
    expect([onMic.mock.calls, onCamera.mock.calls]).toEqual([[[false]], [[true]]]);
  });

  it('helps with permissions before and after the question', async () => {
    const preview = {
      ...base.preview,
      camera: { kind: 'blocked', message: 'Your camera is blocked.' },
      asking: true,
    } as const;
    show({ preview });
    expect(screen.getByText(/Your browser will ask/)).toBeDefined();
    expect(screen.getByTestId('error').textContent).toBe('Your camera is blocked.');
    expect(await violations()).toEqual([]);
  });
});

describe('LeftPage', () => {
  it('says what happened in the server’s words and rejoins', async () => {
    const onRejoin = vi.fn();
    render(
      <LeftPage
        room="blue-fox"
        reason="refused"
        message="This room is full."
        onRejoin={onRejoin}
        onHome={nothing}
      />,
    );
    expect(screen.getByTestId('error').textContent).toBe('This room is full.');
    fireEvent.click(screen.getByTestId('rejoin'));
    expect(onRejoin).toHaveBeenCalledOnce();
    expect(await violations()).toEqual([]);
  });

  it('does not call an ordinary leave an error', () => {
    render(<LeftPage room="blue-fox" reason="left" message="" onRejoin={nothing} onHome={nothing} />);
    expect(screen.queryByTestId('error')).toBeNull();
  });
});
