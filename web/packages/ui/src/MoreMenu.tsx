import * as Menu from '@radix-ui/react-dropdown-menu';
import {
  Activity,
  Ellipsis,
  Eye,
  EyeOff,
  Hand,
  Keyboard,
  LayoutGrid,
  Maximize,
  Minimize,
  MonitorUp,
  PanelTop,
  Settings,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { text } from './strings.ts';

export type MoreChoice =
  'view' | 'fullscreen' | 'self' | 'settings' | 'statistics' | 'shortcuts' | 'share' | 'hand';

export interface MoreMenuProps {
  readonly large: boolean;
  readonly selfHidden: boolean;
  /** Buttons that have no room in the bar: their state, or null when they are there. */
  readonly share: boolean | null;
  readonly hand: boolean | null;
  readonly onChoose: (choice: MoreChoice) => void;
}

export function MoreMenu({ large, selfHidden, share, hand, onChoose }: MoreMenuProps) {
  const full = Boolean(document.fullscreenElement);
  const item = (
    choice: MoreChoice,
    icon: ReactNode,
    words: string,
    keys?: string,
    testid?: string,
  ): ReactNode => (
    <Menu.Item className="p-menu-item" data-testid={testid} onSelect={() => onChoose(choice)}>
      {icon}
      {words}
      {keys === undefined ? null : <span className="p-menu-key">{keys}</span>}
    </Menu.Item>
  );
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger asChild>
        <button
          type="button"
          className="p-bar-button"
          data-look="plain"
          data-testid="more"
          aria-label={text.bar.more}
        >
          <span className="p-bar-icon">
            <Ellipsis aria-hidden="true" />
          </span>
          <span className="p-bar-word" aria-hidden="true">
            {text.bar.more}
          </span>
        </button>
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Content className="p-menu" align="end" sideOffset={12} collisionPadding={8}>
          {share === null
            ? null
            : item('share', <MonitorUp />, share ? text.bar.shareOff : text.bar.shareOn, 'S', 'share-screen')}
          {hand === null
            ? null
            : item('hand', <Hand />, hand ? text.bar.handDown : text.bar.handUp, 'R', 'raise-hand')}
          {item(
            'view',
            large ? <LayoutGrid /> : <PanelTop />,
            large ? text.menu.grid : text.menu.speaker,
            'W',
          )}
          {item(
            'fullscreen',
            full ? <Minimize /> : <Maximize />,
            full ? text.menu.exitFullscreen : text.menu.fullscreen,
            'F',
          )}
          {item(
            'self',
            selfHidden ? <Eye /> : <EyeOff />,
            selfHidden ? text.menu.showSelf : text.menu.hideSelf,
          )}
          <Menu.Separator className="p-menu-line" />
          {item('settings', <Settings />, text.menu.settings)}
          {item('statistics', <Activity />, text.menu.statistics)}
          {item('shortcuts', <Keyboard />, text.menu.shortcuts, '?')}
        </Menu.Content>
      </Menu.Portal>
    </Menu.Root>
  );
}
