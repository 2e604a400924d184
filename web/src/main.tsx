import './style.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.js';
import { startI18n } from './app/i18n.js';
import { startLeaving } from './app/leaving.js';
import { startLive } from './app/live.js';
import { queryClient } from './app/query.js';
import { onSession } from './app/session.js';
import { ThemeProvider } from './app/theme.js';
import { ErrorBoundary } from './components/ErrorBoundary.js';

await startI18n();
startLive();
startLeaving();
// What one user has read is nothing for the next.
onSession(() => queryClient.clear());

const root = document.getElementById('root');
if (!root) throw new Error('the page has no #root');
createRoot(root).render(
  <QueryClientProvider client={queryClient}>
    <ThemeProvider>
      <ErrorBoundary page="app">
        <App />
      </ErrorBoundary>
    </ThemeProvider>
  </QueryClientProvider>,
);
