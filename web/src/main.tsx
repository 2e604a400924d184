import './style.css';
import { QueryClientProvider } from '@tanstack/react-query';
import { createRoot } from 'react-dom/client';
import { App, loadFirst } from './app/App.js';
import { startI18n } from './app/i18n.js';
import { startLeaving } from './app/leaving.js';
import { queryClient } from './app/query.js';
import { onSession } from './app/session.js';
import { ThemeProvider } from './app/theme.js';
import { ErrorBoundary } from './components/ErrorBoundary.js';

/** Draws the page once its words and its code are there. */
async function start(): Promise<void> {
  startLeaving();
  // What one user has read is nothing for the next.
  onSession(() => queryClient.clear());
  await Promise.all([startI18n(), loadFirst()]);
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
}

// Not awaited here: what it waits for imports what this file is built into.
void start();
