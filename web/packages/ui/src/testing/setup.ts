import { cleanup } from '@testing-library/react';
import { afterEach } from 'vitest';
import { installBrowserStandIns } from './browser-stand-ins.ts';

installBrowserStandIns();
afterEach(cleanup);
